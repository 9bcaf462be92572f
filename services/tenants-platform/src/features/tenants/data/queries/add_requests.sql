WITH added AS (
    INSERT INTO tenants.usage AS usage (tenant_id, metric, day, used)
    SELECT tenant.id, $1, counted.day, counted.requests
    FROM unnest($2::uuid[], $3::date[], $4::bigint[]) AS counted (tenant_id, day, requests)
    JOIN tenants.tenant ON tenant.id = counted.tenant_id
    ORDER BY tenant.id, counted.day
    ON CONFLICT (tenant_id, metric, day) DO UPDATE SET used = usage.used + excluded.used
    RETURNING tenant_id, day, used
)
SELECT added.tenant_id, added.day, added.used, (plan.quotas ->> $1)::bigint AS "limit"
FROM added
JOIN tenants.tenant ON tenant.id = added.tenant_id
JOIN tenants.plan ON plan.name = tenant.plan
