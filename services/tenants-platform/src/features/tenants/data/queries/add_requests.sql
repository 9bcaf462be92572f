INSERT INTO tenants.usage AS usage (tenant_id, metric, day, used)
SELECT id, $2, $3, $4 FROM tenants.tenant WHERE id = $1
ON CONFLICT (tenant_id, metric, day) DO UPDATE SET used = usage.used + excluded.used
RETURNING used, (
    SELECT (plan.quotas ->> $2)::bigint
    FROM tenants.tenant
    JOIN tenants.plan ON plan.name = tenant.plan
    WHERE tenant.id = $1
) AS "limit"
