UPDATE deferred.operation
SET state = 'pending', failures = 0, due_at = now(), ended_at = NULL
WHERE state = 'dead' AND ($1::uuid IS NULL OR id = $1)
