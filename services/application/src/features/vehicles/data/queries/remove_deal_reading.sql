UPDATE vehicles.reading SET deleted_at = now(), version = version + 1, updated_at = now()
WHERE vehicle_id = $1 AND source = $2 AND deleted_at IS NULL
