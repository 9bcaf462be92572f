DELETE FROM passkeys.owner WHERE account_id = $1
