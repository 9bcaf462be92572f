CREATE TABLE deferred.operation (
    id              uuid        PRIMARY KEY,
    kind            text        NOT NULL,
    idempotency_key text        NOT NULL UNIQUE,
    -- In whose name it is done, and to what.
    tenant_id       uuid        NOT NULL,
    user_id         text        NOT NULL,
    subject         uuid        NOT NULL,
    state           text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'dead')),
    -- Claims, the present one included; failures that count.
    attempts        integer     NOT NULL DEFAULT 0,
    failures        integer     NOT NULL DEFAULT 0,
    due_at          timestamptz NOT NULL DEFAULT now(),
    created_at      timestamptz NOT NULL DEFAULT now(),
    ended_at        timestamptz,
    last_error      text
);

CREATE INDEX operation_due ON deferred.operation (due_at) WHERE state = 'pending';
CREATE INDEX operation_ended ON deferred.operation (ended_at) WHERE state = 'done';
CREATE INDEX operation_dead ON deferred.operation (id) WHERE state = 'dead';
CREATE INDEX operation_of_subject ON deferred.operation (subject, kind);
