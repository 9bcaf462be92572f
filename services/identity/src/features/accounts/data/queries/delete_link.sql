DELETE FROM accounts.link WHERE token_hash = $1
