DELETE FROM configuration.version WHERE tenant_id = $1
