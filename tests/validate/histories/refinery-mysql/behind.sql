CREATE TABLE `refinery_schema_history` (
  `version` int NOT NULL,
  `name` varchar(255) COLLATE utf8mb4_general_ci DEFAULT NULL,
  `applied_on` varchar(255) COLLATE utf8mb4_general_ci DEFAULT NULL,
  `checksum` varchar(255) COLLATE utf8mb4_general_ci DEFAULT NULL,
  PRIMARY KEY (`version`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
INSERT INTO `refinery_schema_history` VALUES (1,'orders','2026-11-21T21:04:12.663897017Z','155580195856344496');
INSERT INTO `refinery_schema_history` VALUES (2,'customers','2026-11-21T21:04:12.663922946Z','315467808615005905');
