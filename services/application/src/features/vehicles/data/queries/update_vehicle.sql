UPDATE vehicles.vehicle SET
    version = version + 1, updated_at = now(), decoding = $2,
    decoded_at = CASE WHEN $2 = 'done' AND decoding <> 'done' THEN now() WHEN $2 = 'done' THEN decoded_at END, decoded_from = $3,
    vin = $4, nickname = $5, plate = $6, colour = $7, year = $8, make = $9, model = $10, trim = $11, engine = $12, transmission = $13,
    body_class = $14, drive_type = $15, energies = $16, state = $17, distance_unit = $18, volume_unit = $19, currency = $20,
    purchase = $21, sale = $22, tags = $23, notes = $24, custom_fields = $25, archived = $26
WHERE id = $1
RETURNING id, user_id, version, created_at, updated_at, deleted_at, vin, nickname, plate, colour, year, make, model, trim, engine, transmission,
       body_class, drive_type, energies, state, distance_unit, volume_unit, currency, purchase, sale, tags, notes, custom_fields, archived,
       decoding, decoded_at, decoded_from, odometer_km, engine_hours, read_at,
       (SELECT digest FROM vehicles.photo WHERE photo.vehicle_id = vehicle.id) AS photo
