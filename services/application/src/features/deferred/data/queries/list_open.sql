SELECT id, kind, tenant_id, subject, state, attempts, failures, due_at, created_at, last_error
FROM deferred.operation
WHERE state <> 'done'
ORDER BY id
LIMIT 1000
