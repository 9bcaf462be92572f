DELETE FROM passkeys.challenge WHERE token_hash = $1 RETURNING expires_at > now() AS is_good
