--liquibase formatted sql

--changeset bob:customers
CREATE TABLE customers (id int);
--rollback DROP TABLE customers;

--changeset bob:customers-name
ALTER TABLE customers ADD name varchar(100);
