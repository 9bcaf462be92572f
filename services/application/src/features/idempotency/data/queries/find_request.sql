SELECT digest, location, etag, body
FROM idempotency.request
WHERE tenant_id = $1 AND user_id = $2 AND key = $3 AND created_at >= now() - interval '1 day'
