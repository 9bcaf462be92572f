SELECT id, user_id, version, created_at, updated_at, deleted_at, vin, nickname, plate, colour, year, make, model, trim, engine, transmission,
       body_class, drive_type, energies, state, distance_unit, volume_unit, currency, purchase, sale, tags, notes, custom_fields, archived,
       decoding, decoded_at, decoded_from, filled_in, odometer_km, engine_hours, read_at,
       (SELECT digest FROM vehicles.photo WHERE photo.vehicle_id = vehicle.id) AS photo
FROM vehicles.vehicle
WHERE deleted_at IS NULL
  AND ($1::uuid IS NULL OR id > $1)
  AND ($2::text IS NULL OR state = $2)
  AND ($3::boolean IS NULL OR archived = $3)
  AND ($4::text IS NULL OR $4 = ANY (tags))
  AND ($5::text IS NULL OR position(lower($5) IN lower(concat_ws(' ', nickname, plate, year, make, model, trim, vin))) > 0)
ORDER BY id
LIMIT $6
