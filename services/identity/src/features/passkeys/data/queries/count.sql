SELECT count(*) AS count FROM passkeys.passkey WHERE account_id = $1
