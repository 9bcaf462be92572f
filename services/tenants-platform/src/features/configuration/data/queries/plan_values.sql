SELECT key, value FROM configuration.plan_value WHERE plan = $1
