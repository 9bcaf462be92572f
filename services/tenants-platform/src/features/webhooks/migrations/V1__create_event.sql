CREATE TABLE webhooks.event (
    -- In the order in which changes took effect, without gaps.
    seq       bigint      PRIMARY KEY,
    id        uuid        NOT NULL UNIQUE,
    at        timestamptz NOT NULL,
    type      text        NOT NULL,
    tenant_id uuid,
    subject   text        NOT NULL,
    data      jsonb
);

CREATE INDEX event_of_tenant ON webhooks.event (tenant_id, seq);
CREATE INDEX event_by_time ON webhooks.event (at);

-- The number of the last event outlives pruned events.
CREATE TABLE webhooks.last_event (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    seq      bigint  NOT NULL
);
INSERT INTO webhooks.last_event (seq) VALUES (0);

CREATE TABLE webhooks.endpoint (
    id          uuid        PRIMARY KEY,
    -- Of one tenant, or of all.
    tenant_id   uuid,
    url         text        NOT NULL,
    description text        NOT NULL,
    event_types text[]      NOT NULL,
    -- Sealed.
    secret      bytea       NOT NULL,
    enabled     boolean     NOT NULL DEFAULT true,
    version     bigint      NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX endpoint_of_tenant ON webhooks.endpoint (tenant_id);

CREATE TABLE webhooks.delivery (
    id              uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    endpoint_id     uuid        NOT NULL REFERENCES webhooks.endpoint ON DELETE CASCADE,
    event_seq       bigint      NOT NULL,
    state           text        NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts        integer     NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    last_status     integer,
    last_error      text,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    delivered_at    timestamptz
);

CREATE INDEX delivery_due ON webhooks.delivery (next_attempt_at) WHERE state = 'pending';
CREATE INDEX delivery_of_endpoint ON webhooks.delivery (endpoint_id, created_at DESC, id);
