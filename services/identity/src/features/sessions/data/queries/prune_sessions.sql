DELETE FROM sessions.session WHERE expires_at < now() OR last_seen_at < now() - make_interval(days => $1)
