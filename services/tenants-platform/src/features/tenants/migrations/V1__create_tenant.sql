CREATE TABLE tenants.plan (
    name     text  PRIMARY KEY,
    title    text  NOT NULL,
    -- Metric → limit; what is absent has none.
    quotas   jsonb NOT NULL,
    features text[] NOT NULL DEFAULT '{}'
);

INSERT INTO tenants.plan (name, title, quotas, features) VALUES
    ('personal', 'Personal', '{"vehicles": 10, "storage_bytes": 2147483648, "members": 3, "requests_per_day": 1000}', '{}'),
    ('family', 'Family', '{"vehicles": 30, "storage_bytes": 10737418240, "members": 12, "requests_per_day": 10000}', '{sharing}'),
    ('fleet', 'Fleet', '{"vehicles": 2000, "storage_bytes": 214748364800, "members": 500, "requests_per_day": 1000000}', '{sharing,api,webhooks}'),
    ('unlimited', 'Unlimited', '{}', '{sharing,api,webhooks}');

CREATE TABLE tenants.tenant (
    id            uuid        PRIMARY KEY,
    external_id   text        UNIQUE,
    slug          text        NOT NULL UNIQUE,
    name          text        NOT NULL,
    status        text        NOT NULL CHECK (status IN ('provisioning', 'active', 'suspended', 'deleting', 'deleted')),
    -- What restoring goes back to.
    status_before text,
    reason        text,
    plan          text        NOT NULL REFERENCES tenants.plan,
    version       bigint      NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    delete_after  timestamptz
);

CREATE INDEX tenant_to_purge ON tenants.tenant (delete_after) WHERE status = 'deleting';

-- Levels have the day 1970-01-01; what is counted by the day has its day.
CREATE TABLE tenants.usage (
    tenant_id uuid   NOT NULL REFERENCES tenants.tenant,
    metric    text   NOT NULL,
    day       date   NOT NULL,
    used      bigint NOT NULL CHECK (used >= 0),
    PRIMARY KEY (tenant_id, metric, day)
);

CREATE TABLE tenants.idempotency (
    consumer   text        NOT NULL,
    key        text        NOT NULL,
    request    bytea       NOT NULL,
    tenant_id  uuid        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, key)
);
