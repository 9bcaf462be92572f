UPDATE deferred.operation
SET state = 'done', ended_at = now(), last_error = NULL
WHERE id = $1 AND state = 'pending' AND attempts = $2
