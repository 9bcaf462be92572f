CREATE TABLE memberships.member (
    tenant_id uuid        NOT NULL,
    user_id   text        NOT NULL,
    role      text        NOT NULL CHECK (role IN ('owner', 'manager', 'editor', 'driver', 'viewer')),
    since     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, user_id)
);

CREATE INDEX member_of_user ON memberships.member (user_id, tenant_id);

CREATE TABLE memberships.invitation (
    id          uuid        PRIMARY KEY,
    tenant_id   uuid        NOT NULL,
    role        text        NOT NULL CHECK (role IN ('owner', 'manager', 'editor', 'driver', 'viewer')),
    email       text,
    invited_by  text,
    token_hash  bytea       NOT NULL UNIQUE,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    accepted_by text,
    revoked     boolean     NOT NULL DEFAULT false
);

CREATE INDEX invitation_of_tenant ON memberships.invitation (tenant_id, id);
