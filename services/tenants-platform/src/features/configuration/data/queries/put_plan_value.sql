INSERT INTO configuration.plan_value (plan, key, value)
VALUES ($1, $2, $3)
ON CONFLICT (plan, key) DO UPDATE SET value = excluded.value
