exports.up = (knex) => knex.schema.createTable('customers', (table) => table.increments());
exports.down = (knex) => knex.schema.dropTable('customers');
