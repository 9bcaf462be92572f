UPDATE oidc.family SET revoked = true WHERE id = $1
