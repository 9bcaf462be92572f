SELECT id, credential_id, name, created_at, last_used_at FROM passkeys.passkey WHERE account_id = $1 ORDER BY created_at, id
