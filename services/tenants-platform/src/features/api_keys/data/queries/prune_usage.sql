DELETE FROM api_keys.daily_usage WHERE day <= (now() AT TIME ZONE 'UTC')::date - 90
