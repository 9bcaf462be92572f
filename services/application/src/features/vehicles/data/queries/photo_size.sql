SELECT octet_length(bytes)::bigint FROM vehicles.photo WHERE vehicle_id = $1
