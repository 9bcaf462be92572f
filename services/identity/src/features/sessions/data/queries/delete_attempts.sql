DELETE FROM sessions.attempt WHERE account_id = $1
