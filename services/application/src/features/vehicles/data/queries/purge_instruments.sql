DELETE FROM vehicles.instrument WHERE vehicle_id = $1
