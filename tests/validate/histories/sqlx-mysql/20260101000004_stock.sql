CREATE TABLE half (id integer);
ALTER TABLE missing ADD COLUMN x integer;
