INSERT INTO second_factor.factor (account_id, sealed, confirmed, last_step)
VALUES ($1, $2, false, 0)
ON CONFLICT (account_id) DO UPDATE SET sealed = excluded.sealed, last_step = 0 WHERE NOT factor.confirmed
