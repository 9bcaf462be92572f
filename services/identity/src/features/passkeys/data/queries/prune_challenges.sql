DELETE FROM passkeys.challenge WHERE expires_at < now()
