DELETE FROM configuration.plan_value WHERE plan = $1 AND key = $2
