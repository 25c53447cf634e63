CREATE TABLE `__diesel_schema_migrations` (
  `version` varchar(50) COLLATE utf8mb4_general_ci NOT NULL,
  `run_on` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (`version`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
INSERT INTO `__diesel_schema_migrations` VALUES ('20260101000001','2026-11-21 21:04:15');
