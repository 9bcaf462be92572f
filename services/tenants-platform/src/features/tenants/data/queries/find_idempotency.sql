SELECT request, tenant_id FROM tenants.idempotency WHERE consumer = $1 AND key = $2
