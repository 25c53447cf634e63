-- After the documented table of Flyway; see ../README.md.
CREATE TABLE flyway_schema_history (
    installed_rank INT NOT NULL PRIMARY KEY,
    version VARCHAR(50),
    description VARCHAR(200) NOT NULL,
    type VARCHAR(20) NOT NULL,
    script VARCHAR(1000) NOT NULL,
    checksum INT,
    installed_by VARCHAR(100) NOT NULL,
    installed_on TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    execution_time INT NOT NULL,
    success BOOLEAN NOT NULL
);
INSERT INTO flyway_schema_history VALUES (1, '1', 'orders', 'SQL', 'V1__orders.sql', 862044587, 'app', '2026-01-01 00:00:00', 3, 1);
INSERT INTO flyway_schema_history VALUES (2, '2', 'customers', 'SQL', 'V2__customers.sql', 625964373, 'app', '2026-01-01 00:00:00', 3, 1);
INSERT INTO flyway_schema_history VALUES (3, NULL, 'open orders', 'SQL', 'R__open_orders.sql', -843091940, 'app', '2026-01-01 00:00:00', 3, 1);
