DELETE FROM sessions.attempt WHERE token_hash = $1
