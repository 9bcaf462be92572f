INSERT INTO tenants.usage (tenant_id, metric, day, used, counted_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (tenant_id, metric, day) DO UPDATE
SET used = excluded.used, counted_at = coalesce(excluded.counted_at, usage.counted_at)
