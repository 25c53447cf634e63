-- After the tables of Knex' own code; see ../README.md.
CREATE TABLE knex_migrations (id integer not null primary key autoincrement, name varchar(255), batch integer, migration_time datetime);
CREATE TABLE knex_migrations_lock ("index" integer not null primary key autoincrement, is_locked integer);
INSERT INTO knex_migrations (name, batch, migration_time) VALUES
    ('20260101000001_orders.js', 1, 1767225600000), ('20260101000002_customers.js', 1, 1767225600000);
INSERT INTO knex_migrations_lock (is_locked) VALUES (0);
