SELECT id, tenant_id, url, description, event_types, enabled, version, created_at
FROM webhooks.endpoint
WHERE ($1::uuid IS NULL OR tenant_id = $1) AND ($2::uuid IS NULL OR id > $2)
ORDER BY id
LIMIT $3
