SELECT sealed, confirmed, last_step FROM second_factor.factor WHERE account_id = $1
