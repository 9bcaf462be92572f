UPDATE tenants.tenant
SET name = $2, status = $3, status_before = $4, reason = $5, plan = $6, delete_after = $7, external_id = $8,
    version = version + 1, updated_at = now()
WHERE id = $1
RETURNING id, external_id, slug, name, status, status_before, reason, plan, version, created_at, updated_at, delete_after
