-- migrate:up
CREATE TABLE orders (id integer PRIMARY KEY, state text NOT NULL);

-- migrate:down
DROP TABLE orders;
