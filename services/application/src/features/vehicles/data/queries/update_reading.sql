UPDATE vehicles.reading
SET version = version + 1, updated_at = now(), at = $2, distance = $3, unit = $4, hours = $5, total_km = $6, total_hours = $7, note = $8
WHERE id = $1
