INSERT INTO vehicles.reading (id, tenant_id, user_id, vehicle_id, at, source, distance, unit, total_km)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'km', $8)
ON CONFLICT (vehicle_id, source) WHERE source IN ('purchase', 'sale') DO UPDATE
SET version = reading.version + 1, updated_at = now(), deleted_at = NULL, at = excluded.at, distance = excluded.distance, total_km = excluded.total_km
