UPDATE deferred.operation
SET state = CASE WHEN $3 THEN 'dead' ELSE state END,
    ended_at = CASE WHEN $3 THEN now() END,
    failures = $4,
    due_at = now() + make_interval(secs => $5),
    last_error = $6
WHERE id = $1 AND state = 'pending' AND attempts = $2
