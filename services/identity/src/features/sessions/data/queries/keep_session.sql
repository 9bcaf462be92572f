UPDATE sessions.session SET last_seen_at = now(), refresh_until = greatest(refresh_until, $2) WHERE id = $1
