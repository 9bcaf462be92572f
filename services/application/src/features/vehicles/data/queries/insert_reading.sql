INSERT INTO vehicles.reading (id, tenant_id, user_id, vehicle_id, at, source, distance, unit, hours, total_km, total_hours, note)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
