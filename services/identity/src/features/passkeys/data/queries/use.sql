UPDATE passkeys.passkey SET sign_count = $2, last_used_at = now()
WHERE id = $1 AND (sign_count < $2 OR (sign_count = 0 AND $2 = 0))
