INSERT INTO tenants.idempotency (consumer, key, request, tenant_id) VALUES ($1, $2, $3, $4)
