SELECT tenant_id, user_id, role, since FROM memberships.member WHERE tenant_id = $1 AND user_id = $2
