UPDATE oidc.refresh_token SET used = true WHERE token_hash = $1
