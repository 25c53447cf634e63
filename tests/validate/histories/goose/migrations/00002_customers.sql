-- +goose Up
CREATE TABLE customers (id integer PRIMARY KEY);

-- +goose Down
DROP TABLE customers;
