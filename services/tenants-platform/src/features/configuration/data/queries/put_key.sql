INSERT INTO configuration.key (name, description, schema, default_value, scope, secret)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (name) DO UPDATE
SET description = excluded.description, schema = excluded.schema, default_value = excluded.default_value, scope = excluded.scope
