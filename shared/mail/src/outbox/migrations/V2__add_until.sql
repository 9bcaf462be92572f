ALTER TABLE outbox.message ADD COLUMN until timestamptz;
