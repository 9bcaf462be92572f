CREATE TABLE audit.entry (
    seq           bigint      PRIMARY KEY,
    at            timestamptz NOT NULL,
    consumer      text        NOT NULL,
    actor         text,
    request_id    text,
    action        text        NOT NULL,
    tenant_id     uuid,
    subject       text        NOT NULL,
    -- JSON as it was hashed, to the letter.
    before        text,
    after         text,
    previous_hash bytea       NOT NULL,
    hash          bytea       NOT NULL
);

CREATE INDEX entry_of_tenant ON audit.entry (tenant_id, seq);
CREATE INDEX entry_of_actor ON audit.entry (actor, seq);
CREATE INDEX entry_by_time ON audit.entry (at);

CREATE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit.entry
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON audit.entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();

-- Whoever was granted more by default keeps reading and inserting.
DO $$
DECLARE
    grantee name;
BEGIN
    FOR grantee IN
        SELECT DISTINCT acl.grantee::regrole::text
        FROM pg_class, aclexplode(relacl) AS acl
        WHERE oid = 'audit.entry'::regclass AND acl.grantee <> 0 AND acl.grantee <> relowner
    LOOP
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE, TRIGGER, REFERENCES ON audit.entry FROM %s', grantee);
    END LOOP;
END
$$;
