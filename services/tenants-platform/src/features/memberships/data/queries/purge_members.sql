DELETE FROM memberships.member WHERE tenant_id = $1
