SELECT account_id, flow, needs_code, used_code FROM sessions.attempt WHERE token_hash = $1 AND expires_at > now()
