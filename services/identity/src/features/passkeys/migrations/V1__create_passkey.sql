-- Whom authenticators know an account as: random, so that no passkey tells whose it is.
CREATE TABLE passkeys.owner (
    account_id uuid  PRIMARY KEY,
    handle     bytea NOT NULL UNIQUE
);

CREATE TABLE passkeys.passkey (
    id              uuid        PRIMARY KEY,
    account_id      uuid        NOT NULL REFERENCES passkeys.owner ON DELETE CASCADE,
    -- The authenticator's own name for it.
    credential_id   bytea       NOT NULL UNIQUE,
    name            text        NOT NULL,
    -- As the registry of COSE numbers it.
    algorithm       integer     NOT NULL,
    -- A SubjectPublicKeyInfo.
    public_key      bytea       NOT NULL,
    sign_count      bigint      NOT NULL,
    backup_eligible boolean     NOT NULL,
    created_at      timestamptz NOT NULL,
    last_used_at    timestamptz
);

CREATE INDEX passkey_of_account ON passkeys.passkey (account_id);

-- Questions that wait for their answer. After a crash of PostgreSQL they are gone, and people press the button again.
CREATE UNLOGGED TABLE passkeys.challenge (
    token_hash bytea       PRIMARY KEY,
    expires_at timestamptz NOT NULL
);

CREATE INDEX challenge_by_end ON passkeys.challenge (expires_at);
