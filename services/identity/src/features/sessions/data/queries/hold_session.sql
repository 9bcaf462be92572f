SELECT id FROM sessions.session WHERE id = $1 FOR KEY SHARE
