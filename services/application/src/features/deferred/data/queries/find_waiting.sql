-- Held until the change takes effect: a worker that began it before would not see the change.
SELECT id
FROM deferred.operation
WHERE subject = $1 AND kind = $2 AND state = 'pending' AND attempts = 0
LIMIT 1
FOR SHARE SKIP LOCKED
