SELECT id, tenant_id, role, email, invited_by, created_at, expires_at, accepted_by
FROM memberships.invitation
WHERE tenant_id = $1 AND accepted_by IS NULL AND NOT revoked AND expires_at > now() AND ($2::uuid IS NULL OR id > $2)
ORDER BY id
LIMIT $3
