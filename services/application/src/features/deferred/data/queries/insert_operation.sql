INSERT INTO deferred.operation (id, kind, idempotency_key, tenant_id, user_id, subject, due_at)
VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7))
ON CONFLICT (idempotency_key) DO NOTHING
