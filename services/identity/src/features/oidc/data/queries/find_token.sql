SELECT t.used, t.expires_at < now() AS is_late,
    f.id, f.client_id, f.account_id, f.session_id, f.scope, f.auth_time, f.methods, f.revoked OR f.expires_at < now() AS is_over
FROM oidc.refresh_token t
JOIN oidc.family f ON f.id = t.family_id
WHERE t.token_hash = $1
FOR UPDATE
