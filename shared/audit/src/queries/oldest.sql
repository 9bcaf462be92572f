SELECT seq, at, consumer, actor, request_id, action, tenant_id, subject, before, after, hash
FROM audit.entry
WHERE seq > $1
  AND ($3::uuid IS NULL OR tenant_id = $3)
  AND ($4::text IS NULL OR actor = $4 OR consumer = $4)
  AND ($5::text IS NULL OR action = $5 OR starts_with(action, $5 || '.'))
  AND ($6::timestamptz IS NULL OR at >= $6)
  AND ($7::timestamptz IS NULL OR at < $7)
ORDER BY seq ASC
LIMIT $2
