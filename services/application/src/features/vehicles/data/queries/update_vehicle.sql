UPDATE vehicles.vehicle SET
    version = version + 1, updated_at = now(), decoding = $2,
    decoded_at = CASE WHEN $2 <> 'done' THEN NULL WHEN $5 THEN now() ELSE decoded_at END, decoded_from = $3, filled_in = $4,
    vin = $6, nickname = $7, plate = $8, colour = $9, year = $10, make = $11, model = $12, trim = $13, engine = $14, transmission = $15,
    body_class = $16, drive_type = $17, energies = $18, state = $19, distance_unit = $20, volume_unit = $21, currency = $22,
    purchase = $23, sale = $24, tags = $25, notes = $26, custom_fields = $27, archived = $28
WHERE id = $1
RETURNING id, user_id, version, created_at, updated_at, deleted_at, vin, nickname, plate, colour, year, make, model, trim, engine, transmission,
       body_class, drive_type, energies, state, distance_unit, volume_unit, currency, purchase, sale, tags, notes, custom_fields, archived,
       decoding, decoded_at, decoded_from, filled_in, odometer_km, engine_hours, read_at,
       (SELECT digest FROM vehicles.photo WHERE photo.vehicle_id = vehicle.id) AS photo
