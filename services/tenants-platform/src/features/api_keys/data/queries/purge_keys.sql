DELETE FROM api_keys.key WHERE tenant_id = $1
