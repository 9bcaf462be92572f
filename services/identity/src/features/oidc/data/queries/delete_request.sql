DELETE FROM oidc.request WHERE flow = $1 AND expires_at > now()
