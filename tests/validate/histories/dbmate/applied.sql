BEGIN TRANSACTION;
CREATE TABLE customers (id integer PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id integer PRIMARY KEY, state text NOT NULL);
CREATE TABLE "schema_migrations" (version varchar(128) primary key);
INSERT INTO "schema_migrations" VALUES('20260101000001');
INSERT INTO "schema_migrations" VALUES('20260101000002');
COMMIT;
