SELECT id, tenant_id, url, description, event_types, enabled, version, created_at
FROM webhooks.endpoint
WHERE id = $1
