UPDATE vehicles.reading SET total_km = $2, total_hours = $3 WHERE id = $1
