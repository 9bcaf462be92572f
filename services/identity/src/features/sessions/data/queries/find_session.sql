SELECT id, account_id, created_at, auth_time, methods, last_seen_at, agent, address
FROM sessions.session
WHERE token_hash = $1 AND expires_at > now() AND last_seen_at > now() - make_interval(days => $2)
