INSERT INTO oidc.request
    (flow, client_id, redirect_uri, scope, state, nonce, code_challenge, login_hint, signed_after, account_id, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() + interval '30 minutes')
