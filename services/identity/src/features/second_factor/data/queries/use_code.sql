DELETE FROM second_factor.recovery_code WHERE account_id = $1 AND code_hash = $2
