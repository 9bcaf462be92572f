SELECT name, description, schema, default_value, scope, secret FROM configuration.key ORDER BY name
