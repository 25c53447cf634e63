CREATE TABLE public.databasechangelog (
    id character varying(255) NOT NULL,
    author character varying(255) NOT NULL,
    filename character varying(255) NOT NULL,
    dateexecuted timestamp without time zone NOT NULL,
    orderexecuted integer NOT NULL,
    exectype character varying(10) NOT NULL,
    md5sum character varying(35),
    description character varying(255),
    comments character varying(255),
    tag character varying(255),
    liquibase character varying(20),
    contexts character varying(255),
    labels character varying(255),
    deployment_id character varying(10)
);
CREATE TABLE public.databasechangeloglock (
    id integer NOT NULL,
    locked boolean NOT NULL,
    lockgranted timestamp without time zone,
    lockedby character varying(255)
);
INSERT INTO public.databasechangelog VALUES ('1', 'ann', 'migrations/changelog.xml', '2026-11-21 20:16:40.777537', 1, 'EXECUTED', '8:00605919f80549e244b65e2ecf8656a4', 'createTable tableName=orders', '', NULL, '4.6.1', NULL, NULL, '5292200683');
INSERT INTO public.databasechangelog VALUES ('customers', 'bob', 'migrations/customers.sql', '2026-11-21 20:16:40.788467', 2, 'EXECUTED', '8:6f6a6ea48d448253a853b70e2c63671c', 'sql', '', NULL, '4.6.1', NULL, NULL, '5292200683');
INSERT INTO public.databasechangelog VALUES ('customers-name', 'bob', 'migrations/customers.sql', '2026-11-21 20:16:40.792589', 3, 'EXECUTED', '8:25b185982d10cd5e47559bda459315c0', 'sql', '', NULL, '4.6.1', NULL, NULL, '5292200683');
INSERT INTO public.databasechangelog VALUES ('4', 'ann', 'migrations/stock.yaml', '2026-11-21 20:16:40.796141', 4, 'EXECUTED', '8:9632cd91e7bd16b92935d3679e95a229', 'createTable tableName=stock', '', NULL, '4.6.1', NULL, NULL, '5292200683');
INSERT INTO public.databasechangeloglock VALUES (1, false, NULL, NULL);
