BEGIN TRANSACTION;
CREATE TABLE customers (id integer PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id integer PRIMARY KEY, state text NOT NULL, customer integer);
CREATE TABLE refinery_schema_history(
             version int4 PRIMARY KEY,
             name VARCHAR(255),
             applied_on VARCHAR(255),
             checksum VARCHAR(255));
INSERT INTO "refinery_schema_history" VALUES(1,'orders','2026-11-21T20:16:29.000812224Z','155580195856344496');
INSERT INTO "refinery_schema_history" VALUES(2,'customers','2026-11-21T20:16:29.00085566Z','315467808615005905');
INSERT INTO "refinery_schema_history" VALUES(10,'order_customer','2026-11-21T20:16:29.000858594Z','4044461888572096745');
COMMIT;
