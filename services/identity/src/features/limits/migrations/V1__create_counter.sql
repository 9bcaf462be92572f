CREATE UNLOGGED TABLE limits.counter (
    subject bytea       PRIMARY KEY,
    count   bigint      NOT NULL,
    ends_at timestamptz NOT NULL
);

CREATE INDEX counter_by_end ON limits.counter (ends_at);
