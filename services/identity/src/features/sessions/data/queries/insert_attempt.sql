INSERT INTO sessions.attempt (token_hash, account_id, flow, needs_code, used_code, expires_at)
VALUES ($1, $2, $3, $4, false, now() + interval '10 minutes')
