SELECT id, tenant_id, role, email, invited_by, created_at, expires_at, accepted_by
FROM memberships.invitation
WHERE token_hash = $1 AND NOT revoked AND (accepted_by IS NOT NULL OR expires_at > now())
FOR UPDATE
