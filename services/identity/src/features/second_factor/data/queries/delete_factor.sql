DELETE FROM second_factor.factor WHERE account_id = $1
