SELECT used, counted_at FROM tenants.usage WHERE tenant_id = $1 AND metric = $2 AND day = $3
