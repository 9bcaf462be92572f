DELETE FROM api_keys.usage_report WHERE created_at < now() - interval '1 day'
