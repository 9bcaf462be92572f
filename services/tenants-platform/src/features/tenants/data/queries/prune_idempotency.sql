DELETE FROM tenants.idempotency WHERE created_at < now() - interval '1 day'
