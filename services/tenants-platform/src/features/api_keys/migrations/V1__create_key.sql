CREATE TABLE api_keys.key (
    id           text        PRIMARY KEY,
    tenant_id    uuid        NOT NULL,
    name         text        NOT NULL,
    secret_hash  bytea       NOT NULL,
    scopes       text[]      NOT NULL,
    -- CIDR, as text.
    networks     text[]      NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    created_by   text,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz,
    -- The key that takes its place.
    replaced_by  text
);

CREATE INDEX key_of_tenant ON api_keys.key (tenant_id, id);

CREATE TABLE api_keys.daily_usage (
    key_id   text   NOT NULL REFERENCES api_keys.key ON DELETE CASCADE,
    day      date   NOT NULL,
    requests bigint NOT NULL,
    PRIMARY KEY (key_id, day)
);
