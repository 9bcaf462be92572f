INSERT INTO tenants.plan (name, title, quotas, features)
VALUES ($1, $2, $3, $4)
ON CONFLICT (name) DO UPDATE SET title = excluded.title, quotas = excluded.quotas, features = excluded.features
