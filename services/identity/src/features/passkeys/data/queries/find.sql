SELECT passkey.id, passkey.account_id, passkey.algorithm, passkey.public_key, passkey.backup_eligible, owner.handle
FROM passkeys.passkey JOIN passkeys.owner USING (account_id)
WHERE passkey.credential_id = $1
