CREATE TABLE outbox.message (
    id         uuid        PRIMARY KEY,
    sealed     bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    attempts   integer     NOT NULL DEFAULT 0,
    due_at     timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX message_by_due ON outbox.message (due_at);
