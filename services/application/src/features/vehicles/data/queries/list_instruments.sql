SELECT id, user_id, created_at, kind, since, old_value, new_value, unit
FROM vehicles.instrument
WHERE vehicle_id = $1
ORDER BY since, id
