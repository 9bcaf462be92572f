SELECT content_type, digest, bytes FROM vehicles.photo WHERE vehicle_id = $1
