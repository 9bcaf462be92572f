INSERT INTO tenants.plan (name, title, quotas, requests_per_minute, burst, features)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (name) DO UPDATE SET
    title = excluded.title, quotas = excluded.quotas,
    requests_per_minute = excluded.requests_per_minute, burst = excluded.burst, features = excluded.features
