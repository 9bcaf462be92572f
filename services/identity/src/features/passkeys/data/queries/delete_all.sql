DELETE FROM passkeys.passkey WHERE account_id = $1
