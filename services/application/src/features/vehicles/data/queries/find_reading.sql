SELECT id, user_id, version, created_at, deleted_at, at, source, distance, unit, hours, total_km, total_hours, out_of_order, note
FROM vehicles.reading
WHERE id = $1 AND vehicle_id = $2 AND deleted_at IS NULL
