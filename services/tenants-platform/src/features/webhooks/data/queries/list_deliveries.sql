SELECT id, event_seq, state, attempts, next_attempt_at, last_status, last_error, created_at, delivered_at
FROM webhooks.delivery
WHERE endpoint_id = $1 AND ($2::timestamptz IS NULL OR created_at < $2)
ORDER BY created_at DESC, id
LIMIT $3
