DELETE FROM sessions.session WHERE id = $1 AND account_id = $2
