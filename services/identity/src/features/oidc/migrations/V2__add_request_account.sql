-- Only a sign-in of this account answers the request: whom the client's id_token_hint names.
ALTER TABLE oidc.request ADD COLUMN account_id uuid;
