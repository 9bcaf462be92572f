SELECT plan, value FROM configuration.plan_value WHERE key = $1 ORDER BY plan
