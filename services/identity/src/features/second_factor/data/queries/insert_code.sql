INSERT INTO second_factor.recovery_code (account_id, code_hash) VALUES ($1, $2)
