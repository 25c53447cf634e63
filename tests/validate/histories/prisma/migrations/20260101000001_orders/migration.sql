-- CreateTable
CREATE TABLE "orders" ("id" INTEGER NOT NULL PRIMARY KEY);
