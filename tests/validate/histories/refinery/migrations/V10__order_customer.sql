ALTER TABLE orders ADD COLUMN customer integer;
