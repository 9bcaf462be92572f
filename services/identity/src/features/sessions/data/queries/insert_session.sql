INSERT INTO sessions.session
    (id, token_hash, account_id, created_at, auth_time, methods, last_seen_at, expires_at, agent, address)
VALUES ($1, $2, $3, $4, $4, $5, $4, $4::timestamptz + make_interval(days => $6), $7, $8)
