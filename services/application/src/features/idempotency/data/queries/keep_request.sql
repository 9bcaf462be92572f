INSERT INTO idempotency.request (tenant_id, user_id, key, digest, location, etag, body)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (tenant_id, user_id, key) DO UPDATE
SET digest = excluded.digest, location = excluded.location, etag = excluded.etag, body = excluded.body, created_at = now()
