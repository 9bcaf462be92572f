SELECT 1 FROM second_factor.factor WHERE account_id = $1 AND confirmed
