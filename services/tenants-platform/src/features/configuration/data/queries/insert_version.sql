INSERT INTO configuration.version (tenant_id, version, values, changed_by) VALUES ($1, $2, $3, $4)
