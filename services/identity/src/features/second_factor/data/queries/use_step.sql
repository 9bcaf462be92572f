UPDATE second_factor.factor SET last_step = $2, confirmed = true WHERE account_id = $1 AND last_step < $2
