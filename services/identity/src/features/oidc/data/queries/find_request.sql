SELECT client_id, redirect_uri, scope, state, nonce, code_challenge, login_hint, signed_after, account_id
FROM oidc.request
WHERE flow = $1 AND expires_at > now()
