SELECT id, account_id, created_at, auth_time, methods, last_seen_at, agent, address
FROM sessions.session
WHERE account_id = $1
    AND (refresh_until > now() OR (expires_at > now() AND last_seen_at > now() - make_interval(days => $2)))
ORDER BY last_seen_at DESC
LIMIT 100
