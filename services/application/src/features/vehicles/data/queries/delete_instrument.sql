DELETE FROM vehicles.instrument WHERE id = $1 AND vehicle_id = $2
