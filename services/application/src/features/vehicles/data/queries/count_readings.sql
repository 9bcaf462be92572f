SELECT id, source, at, distance, unit, hours, total_km, total_hours
FROM vehicles.reading
WHERE vehicle_id = $1 AND deleted_at IS NULL
ORDER BY at, id
