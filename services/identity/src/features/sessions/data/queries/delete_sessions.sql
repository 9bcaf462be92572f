DELETE FROM sessions.session WHERE account_id = $1 AND id IS DISTINCT FROM $2
