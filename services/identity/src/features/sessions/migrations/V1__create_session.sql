CREATE TABLE sessions.session (
    id           uuid        PRIMARY KEY,
    token_hash   bytea       NOT NULL UNIQUE,
    account_id   uuid        NOT NULL,
    created_at   timestamptz NOT NULL,
    -- When the person last proved who it is.
    auth_time    timestamptz NOT NULL,
    -- How (RFC 8176).
    methods      text[]      NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    agent        text        NOT NULL,
    address      text        NOT NULL
);

CREATE INDEX session_of_account ON sessions.session (account_id);

-- A sign-in whose password was right and that is not finished.
CREATE TABLE sessions.attempt (
    token_hash   bytea       PRIMARY KEY,
    account_id   uuid        NOT NULL,
    flow         text,
    needs_code   boolean     NOT NULL,
    used_code    boolean     NOT NULL,
    expires_at   timestamptz NOT NULL
);
