-- One row for each time the schedule came to an end with a source: a week without news leaves no release behind, and a
-- process that starts must not take it for a week that was missed.
CREATE TABLE etl.scheduled_run (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    result      text NOT NULL CHECK (result IN ('loaded', 'nothing_new', 'failed')),
    finished_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
