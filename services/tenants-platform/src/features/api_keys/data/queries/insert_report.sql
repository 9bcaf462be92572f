INSERT INTO api_keys.usage_report (consumer, key) VALUES ($1, $2) ON CONFLICT DO NOTHING
