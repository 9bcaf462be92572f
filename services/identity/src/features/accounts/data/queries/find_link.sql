SELECT kind, account_id, email, name, password_hash, flow FROM accounts.link WHERE token_hash = $1 AND expires_at > now() FOR UPDATE
