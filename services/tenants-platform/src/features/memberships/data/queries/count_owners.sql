SELECT count(*) AS owners FROM memberships.member WHERE tenant_id = $1 AND role = 'owner'
