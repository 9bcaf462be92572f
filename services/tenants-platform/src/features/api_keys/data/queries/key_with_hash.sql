SELECT id, tenant_id, name, scopes, networks, created_at, created_by, expires_at, revoked_at, last_used_at, replaced_by, secret_hash
FROM api_keys.key
WHERE id = $1
