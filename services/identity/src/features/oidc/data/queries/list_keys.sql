SELECT kid, sealed, created_at, signs_from FROM oidc.signing_key ORDER BY signs_from, kid
