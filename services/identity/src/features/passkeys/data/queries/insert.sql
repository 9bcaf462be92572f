INSERT INTO passkeys.passkey
    (id, account_id, credential_id, name, algorithm, public_key, sign_count, backup_eligible, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now())
ON CONFLICT (credential_id) DO NOTHING
