DELETE FROM oidc.signing_key WHERE kid = $1
