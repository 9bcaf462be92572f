CREATE TABLE {release}.{index} (
    part  integer PRIMARY KEY,
    bytes bytea NOT NULL
);
-- The bytes are compressed already.
ALTER TABLE {release}.{index} ALTER COLUMN bytes SET STORAGE EXTERNAL;
