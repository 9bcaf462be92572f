CREATE TABLE accounts.account (
    id                   uuid        PRIMARY KEY,
    email                text        NOT NULL,
    -- In lower case: one person, one account.
    email_key            text        NOT NULL UNIQUE,
    name                 text        NOT NULL,
    password_hash        text        NOT NULL,
    role                 text        NOT NULL CHECK (role IN ('user', 'support', 'admin')),
    email_verified       boolean     NOT NULL,
    must_change_password boolean     NOT NULL,
    disabled_at          timestamptz,
    created_at           timestamptz NOT NULL,
    password_changed_at  timestamptz NOT NULL
);

CREATE TABLE accounts.link (
    token_hash    bytea       PRIMARY KEY,
    kind          text        NOT NULL CHECK (kind IN ('sign_up', 'verify', 'reset', 'nothing')),
    account_id    uuid,
    -- Of a sign-up: what the account will be.
    email         text,
    name          text,
    password_hash text,
    flow          text,
    expires_at    timestamptz NOT NULL
);

CREATE INDEX link_by_end ON accounts.link (expires_at);
CREATE INDEX link_of_account ON accounts.link (account_id);
