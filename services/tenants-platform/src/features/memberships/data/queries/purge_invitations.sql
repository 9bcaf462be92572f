DELETE FROM memberships.invitation WHERE tenant_id = $1
