SELECT coalesce(quota.key, usage.metric) AS metric, quota.value::bigint AS "limit", coalesce(usage.used, 0) AS used
FROM (
    SELECT key, value
    FROM tenants.tenant
    JOIN tenants.plan ON plan.name = tenant.plan, jsonb_each_text(plan.quotas)
    WHERE tenant.id = $1
) AS quota
FULL JOIN (
    SELECT metric, used FROM tenants.usage WHERE tenant_id = $1 AND day IN ('1970-01-01', $2)
) AS usage ON usage.metric = quota.key
