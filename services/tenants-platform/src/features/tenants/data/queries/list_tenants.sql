SELECT id, external_id, slug, name, status, status_before, reason, plan, version, created_at, updated_at, delete_after
FROM tenants.tenant
WHERE ($1::uuid IS NULL OR id > $1)
  AND ($3::text IS NULL AND status <> 'deleted' OR status = $3)
  AND ($4::text IS NULL OR plan = $4)
  AND ($5::text IS NULL OR external_id = $5)
  AND ($6::text IS NULL OR position(lower($6) IN lower(name)) > 0 OR position(lower($6) IN slug) > 0)
ORDER BY id
LIMIT $2
