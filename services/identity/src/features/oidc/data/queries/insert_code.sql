INSERT INTO oidc.code (code_hash, family_id, redirect_uri, nonce, code_challenge, expires_at)
VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))
