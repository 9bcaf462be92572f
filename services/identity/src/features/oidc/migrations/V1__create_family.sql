CREATE TABLE oidc.signing_key (
    kid        text        PRIMARY KEY,
    sealed     bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    signs_from timestamptz NOT NULL
);

-- Authorization requests that wait for a sign-in.
CREATE TABLE oidc.request (
    flow           text        PRIMARY KEY,
    client_id      text        NOT NULL,
    redirect_uri   text        NOT NULL,
    scope          text        NOT NULL,
    state          text,
    nonce          text,
    code_challenge text        NOT NULL,
    login_hint     text,
    -- Only a sign-in after this answers the request.
    signed_after   timestamptz,
    expires_at     timestamptz NOT NULL
);

CREATE INDEX request_by_end ON oidc.request (expires_at);

-- What began with one sign-in to one client.
CREATE TABLE oidc.family (
    id         uuid        PRIMARY KEY,
    client_id  text        NOT NULL,
    account_id uuid        NOT NULL,
    session_id uuid        NOT NULL,
    scope      text        NOT NULL,
    auth_time  timestamptz NOT NULL,
    methods    text[]      NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked    boolean     NOT NULL DEFAULT false
);

CREATE INDEX family_of_account ON oidc.family (account_id);
CREATE INDEX family_of_session ON oidc.family (session_id);
CREATE INDEX family_by_end ON oidc.family (expires_at);

CREATE TABLE oidc.code (
    code_hash      bytea       PRIMARY KEY,
    family_id      uuid        NOT NULL REFERENCES oidc.family ON DELETE CASCADE,
    redirect_uri   text        NOT NULL,
    nonce          text,
    code_challenge text        NOT NULL,
    used           boolean     NOT NULL DEFAULT false,
    expires_at     timestamptz NOT NULL
);

CREATE INDEX code_of_family ON oidc.code (family_id);

CREATE TABLE oidc.refresh_token (
    token_hash bytea       PRIMARY KEY,
    family_id  uuid        NOT NULL REFERENCES oidc.family ON DELETE CASCADE,
    used       boolean     NOT NULL DEFAULT false,
    expires_at timestamptz NOT NULL
);

CREATE INDEX refresh_token_of_family ON oidc.refresh_token (family_id);
