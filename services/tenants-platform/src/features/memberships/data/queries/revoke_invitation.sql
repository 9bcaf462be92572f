UPDATE memberships.invitation
SET revoked = true
WHERE tenant_id = $1 AND id = $2 AND accepted_by IS NULL AND NOT revoked
RETURNING id, tenant_id, role, email, invited_by, created_at, expires_at, accepted_by
