DELETE FROM accounts.link WHERE expires_at < now()
