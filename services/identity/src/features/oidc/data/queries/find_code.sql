SELECT c.redirect_uri, c.nonce, c.code_challenge, c.used, c.expires_at < now() AS is_late,
    f.id, f.client_id, f.account_id, f.session_id, f.scope, f.auth_time, f.methods, f.revoked OR f.expires_at < now() AS is_over
FROM oidc.code c
JOIN oidc.family f ON f.id = c.family_id
WHERE c.code_hash = $1
FOR UPDATE
