UPDATE api_keys.key SET last_used_at = now() WHERE id = $1 RETURNING tenant_id
