DELETE FROM sessions.attempt WHERE expires_at < now()
