INSERT INTO webhooks.endpoint (id, tenant_id, url, description, event_types, secret, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
