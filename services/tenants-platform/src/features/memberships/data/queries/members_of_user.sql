SELECT tenant_id, user_id, role, since
FROM memberships.member
WHERE user_id = $1 AND ($2::uuid IS NULL OR tenant_id > $2)
ORDER BY tenant_id
LIMIT $3
