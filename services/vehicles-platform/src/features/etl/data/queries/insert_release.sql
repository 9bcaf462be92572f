INSERT INTO etl.release (state, source, checksum, month, as_of, loaded_by)
VALUES ('loading', $1, $2, $3, $4::text::date, $5)
RETURNING id
