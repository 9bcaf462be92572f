INSERT INTO oidc.refresh_token (token_hash, family_id, expires_at)
VALUES ($1, $2, now() + make_interval(days => $3))
