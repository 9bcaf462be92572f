-- One row for each attempt to load a release; the rows of a complete one are in the schema release_<id>.
CREATE TABLE etl.release (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state       text NOT NULL CHECK (state IN ('loading', 'live', 'superseded', 'pruned', 'failed')),
    source      text NOT NULL,
    checksum    text CHECK (checksum ~ '^[0-9a-f]{64}$'),
    month       text CHECK (month ~ '^[0-9]{4}-[0-9]{2}$'),
    as_of       date NOT NULL,
    loaded_by   text NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz,
    live_since  timestamptz,
    row_counts  jsonb,
    phase_ms    jsonb,
    report      jsonb,
    failure     text,
    CHECK (state NOT IN ('live', 'superseded') OR (checksum IS NOT NULL AND month IS NOT NULL))
);

COMMENT ON COLUMN etl.release.checksum IS 'SHA-256 of the source''s bytes; of the rows, where the source is a SQL Server';
COMMENT ON COLUMN etl.release.as_of IS 'The day that "now" was for the derivation';

-- There is one live release, or none.
CREATE UNIQUE INDEX release_live ON etl.release (state) WHERE state = 'live';
