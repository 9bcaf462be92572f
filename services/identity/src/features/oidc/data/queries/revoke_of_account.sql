UPDATE oidc.family SET revoked = true WHERE account_id = $1 AND session_id IS DISTINCT FROM $2
