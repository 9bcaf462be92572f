SELECT seq, id, at, type, tenant_id, subject, data
FROM webhooks.event
WHERE seq > $1 AND ($2::uuid IS NULL OR tenant_id = $2)
ORDER BY seq
LIMIT $3
