INSERT INTO tenants.usage (tenant_id, metric, day, used)
VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, metric, day) DO UPDATE SET used = excluded.used
