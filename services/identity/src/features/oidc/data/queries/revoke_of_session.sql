UPDATE oidc.family SET revoked = true WHERE session_id = $1 AND account_id = $2
