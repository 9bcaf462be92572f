CREATE TABLE activity.entry (
    id         uuid        PRIMARY KEY,
    tenant_id  uuid        NOT NULL,
    -- Who did it.
    user_id    text        NOT NULL,
    at         timestamptz NOT NULL DEFAULT now(),
    action     text        NOT NULL,
    -- What it was done to, and the thing that this belongs to: a reading belongs to its vehicle.
    subject    uuid        NOT NULL,
    belongs_to uuid        NOT NULL,
    -- By field: {"before": …, "after": …}.
    changes    jsonb       NOT NULL DEFAULT '{}'
);

CREATE INDEX entry_of_tenant ON activity.entry (tenant_id, id DESC);
CREATE INDEX entry_of_thing ON activity.entry (tenant_id, belongs_to, id DESC);

ALTER TABLE activity.entry ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_tenant ON activity.entry FOR SELECT
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
CREATE POLICY in_own_name ON activity.entry FOR INSERT
    WITH CHECK (
        tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
        AND user_id = nullif(current_setting('app.user_id', true), '')
    );
