UPDATE vehicles.vehicle
SET version = version + 1, updated_at = now(), deleted_at = CASE WHEN $2 THEN now() END
WHERE id = $1
RETURNING id, user_id, version, created_at, updated_at, deleted_at, vin, nickname, plate, colour, year, make, model, trim, engine, transmission,
       body_class, drive_type, energies, state, distance_unit, volume_unit, currency, purchase, sale, tags, notes, custom_fields, archived,
       decoding, decoded_at, decoded_from, filled_in, odometer_km, engine_hours, read_at,
       (SELECT digest FROM vehicles.photo WHERE photo.vehicle_id = vehicle.id) AS photo
