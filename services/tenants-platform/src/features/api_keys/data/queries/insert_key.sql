INSERT INTO api_keys.key (id, tenant_id, name, secret_hash, scopes, networks, created_by, expires_at, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
