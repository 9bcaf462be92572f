DELETE FROM vehicles.reading WHERE vehicle_id = $1
