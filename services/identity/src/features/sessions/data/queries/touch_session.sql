UPDATE sessions.session SET last_seen_at = now() WHERE id = $1 AND last_seen_at < now() - interval '1 minute'
