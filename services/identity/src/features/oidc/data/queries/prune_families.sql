DELETE FROM oidc.family WHERE expires_at < now()
