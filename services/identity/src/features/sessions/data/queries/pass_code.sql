UPDATE sessions.attempt SET needs_code = false, used_code = true WHERE token_hash = $1
