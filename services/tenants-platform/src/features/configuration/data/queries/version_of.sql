SELECT version FROM configuration.version WHERE tenant_id = $1 ORDER BY version DESC LIMIT 1
