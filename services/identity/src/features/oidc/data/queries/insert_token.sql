INSERT INTO oidc.refresh_token (token_hash, family_id, expires_at)
SELECT $1::bytea, id, least(now() + make_interval(days => $3), expires_at)
FROM oidc.family
WHERE id = $2
RETURNING expires_at
