UPDATE webhooks.endpoint
SET url = $2, description = $3, event_types = $4, enabled = $5, secret = coalesce($6, secret), version = version + 1
WHERE id = $1
