DELETE FROM tenants.usage WHERE tenant_id = $1
