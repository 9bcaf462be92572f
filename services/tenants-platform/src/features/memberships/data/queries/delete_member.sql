DELETE FROM memberships.member WHERE tenant_id = $1 AND user_id = $2
