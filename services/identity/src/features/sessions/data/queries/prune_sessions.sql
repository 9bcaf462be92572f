DELETE FROM sessions.session
WHERE (expires_at < now() OR last_seen_at < now() - make_interval(days => $1))
    AND (refresh_until IS NULL OR refresh_until < now())
