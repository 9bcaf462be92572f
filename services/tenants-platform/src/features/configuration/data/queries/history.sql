SELECT version, values, changed_at, changed_by FROM configuration.version WHERE tenant_id = $1 AND version < $2 ORDER BY version DESC LIMIT $3
