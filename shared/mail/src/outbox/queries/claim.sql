UPDATE outbox.message
SET attempts = attempts + 1, due_at = now() + interval '1 minute'
WHERE id IN (SELECT id FROM outbox.message WHERE due_at <= now() ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, sealed, attempts, created_at < now() - interval '1 day' AS is_old, coalesce(until <= now(), false) AS is_over
