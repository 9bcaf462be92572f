SELECT day, requests
FROM api_keys.daily_usage
WHERE key_id = $1 AND day > (now() AT TIME ZONE 'UTC')::date - 90
ORDER BY day DESC
