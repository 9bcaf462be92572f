SELECT octet_length(bytes)::bigint AS size, digest FROM vehicles.photo WHERE vehicle_id = $1
