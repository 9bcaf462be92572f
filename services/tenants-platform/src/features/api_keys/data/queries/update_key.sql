UPDATE api_keys.key
SET name = $2, scopes = $3, networks = $4, expires_at = $5, revoked_at = $6, replaced_by = $7
WHERE id = $1
