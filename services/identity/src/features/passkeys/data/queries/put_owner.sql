INSERT INTO passkeys.owner (account_id, handle) VALUES ($1, $2)
ON CONFLICT (account_id) DO UPDATE SET handle = owner.handle
RETURNING handle
