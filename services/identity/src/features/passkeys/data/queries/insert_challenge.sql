INSERT INTO passkeys.challenge (token_hash, expires_at) VALUES ($1, now() + interval '5 minutes')
