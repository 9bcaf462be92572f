INSERT INTO vehicles.photo (vehicle_id, tenant_id, user_id, content_type, digest, bytes)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (vehicle_id) DO UPDATE
SET updated_at = now(), content_type = excluded.content_type, digest = excluded.digest, bytes = excluded.bytes
