CREATE TABLE idempotency.request (
    tenant_id  uuid        NOT NULL,
    user_id    text        NOT NULL,
    key        text        NOT NULL,
    -- SHA-256 of what was asked.
    digest     bytea       NOT NULL,
    -- The answer, as it was given.
    location   text        NOT NULL,
    etag       text        NOT NULL,
    body       text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, user_id, key)
);

CREATE INDEX request_by_time ON idempotency.request (created_at);

ALTER TABLE idempotency.request ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON idempotency.request
    USING (
        tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
        AND user_id = nullif(current_setting('app.user_id', true), '')
    );

-- The worker forgets for everybody; it may do nothing else with what is not its own.
CREATE FUNCTION idempotency.forget_old() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH gone AS (
        DELETE FROM idempotency.request WHERE created_at < now() - interval '1 day' RETURNING 1
    )
    SELECT count(*) FROM gone
$$;
