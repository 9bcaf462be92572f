INSERT INTO oidc.family
    (id, client_id, account_id, session_id, scope, auth_time, methods, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8::timestamptz + make_interval(days => $9))
