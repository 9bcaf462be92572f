INSERT INTO api_keys.daily_usage AS usage (key_id, day, requests)
VALUES ($1, (now() AT TIME ZONE 'UTC')::date, $2)
ON CONFLICT (key_id, day) DO UPDATE SET requests = usage.requests + excluded.requests
