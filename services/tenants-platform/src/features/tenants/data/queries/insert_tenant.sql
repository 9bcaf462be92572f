INSERT INTO tenants.tenant (id, external_id, slug, name, status, plan)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING
RETURNING id, external_id, slug, name, status, status_before, reason, plan, version, created_at, updated_at, delete_after
