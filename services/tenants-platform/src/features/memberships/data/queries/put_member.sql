INSERT INTO memberships.member (tenant_id, user_id, role)
VALUES ($1, $2, $3)
ON CONFLICT (tenant_id, user_id) DO UPDATE SET role = excluded.role
RETURNING tenant_id, user_id, role, since
