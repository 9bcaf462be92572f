DELETE FROM oidc.code WHERE expires_at < now() - interval '1 day'
