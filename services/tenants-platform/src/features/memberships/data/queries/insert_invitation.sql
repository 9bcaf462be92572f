INSERT INTO memberships.invitation (id, tenant_id, role, email, invited_by, token_hash, expires_at, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
