SELECT coalesce(sum(octet_length(bytes)), 0)::bigint FROM vehicles.photo
