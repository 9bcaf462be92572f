SELECT seq, at, consumer, actor, request_id, action, tenant_id, subject, before, after, previous_hash, hash
FROM audit.entry
WHERE seq > $1
ORDER BY seq
LIMIT 5000
