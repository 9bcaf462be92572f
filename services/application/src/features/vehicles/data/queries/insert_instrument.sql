INSERT INTO vehicles.instrument (id, tenant_id, user_id, vehicle_id, kind, since, old_value, new_value, unit)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
