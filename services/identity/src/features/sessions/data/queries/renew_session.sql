UPDATE sessions.session
SET token_hash = $2, auth_time = $3, methods = $4, last_seen_at = $3, expires_at = $3::timestamptz + make_interval(days => $5),
    agent = $6, address = $7
WHERE id = $1
