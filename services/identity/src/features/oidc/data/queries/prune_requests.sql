DELETE FROM oidc.request WHERE expires_at < now()
