INSERT INTO accounts.link (token_hash, kind, account_id, email, name, password_hash, flow, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(hours => $8))
