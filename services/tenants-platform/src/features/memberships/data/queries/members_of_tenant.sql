SELECT tenant_id, user_id, role, since
FROM memberships.member
WHERE tenant_id = $1 AND ($2::text IS NULL OR user_id > $2)
ORDER BY user_id
LIMIT $3
