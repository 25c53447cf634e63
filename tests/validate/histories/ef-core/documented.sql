-- After the documented table of Entity Framework Core; see ../README.md.
CREATE TABLE "__EFMigrationsHistory" (
    "MigrationId" TEXT NOT NULL CONSTRAINT "PK___EFMigrationsHistory" PRIMARY KEY,
    "ProductVersion" TEXT NOT NULL
);
INSERT INTO "__EFMigrationsHistory" VALUES ('20260101000001_Orders', '9.0.0'), ('20260101000002_Customers', '9.0.0');
