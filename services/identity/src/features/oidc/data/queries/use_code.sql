UPDATE oidc.code SET used = true WHERE code_hash = $1
