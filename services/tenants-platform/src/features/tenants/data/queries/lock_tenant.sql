SELECT id, external_id, slug, name, status, status_before, reason, plan, version, created_at, updated_at, delete_after
FROM tenants.tenant
WHERE id = $1
-- Rows that point here may be added meanwhile.
FOR NO KEY UPDATE
