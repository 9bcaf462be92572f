INSERT INTO oidc.signing_key (kid, sealed, signs_from) VALUES ($1, $2, $3)
