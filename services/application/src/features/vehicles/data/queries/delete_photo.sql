DELETE FROM vehicles.photo WHERE vehicle_id = $1
