WITH due AS (
    SELECT id
    FROM deferred.operation
    WHERE state = 'pending' AND due_at <= now()
    ORDER BY due_at
    LIMIT $1
    FOR UPDATE SKIP LOCKED
)
-- Whoever dies with it leaves it to the others after a minute.
UPDATE deferred.operation AS operation
SET attempts = attempts + 1, due_at = now() + interval '1 minute'
FROM due
WHERE operation.id = due.id
RETURNING operation.id, operation.kind, operation.tenant_id, operation.user_id, operation.subject, operation.attempts, operation.failures
