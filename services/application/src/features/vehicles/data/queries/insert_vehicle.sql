INSERT INTO vehicles.vehicle (
    id, tenant_id, user_id, decoding, decoded_at, decoded_from, filled_in,
    vin, nickname, plate, colour, year, make, model, trim, engine, transmission, body_class, drive_type,
    energies, state, distance_unit, volume_unit, currency, purchase, sale, tags, notes, custom_fields, archived
) VALUES (
    $1, $2, $3, $4, CASE WHEN $4 = 'done' THEN now() END, $5, $6,
    $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
    $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29
)
RETURNING id, user_id, version, created_at, updated_at, deleted_at, vin, nickname, plate, colour, year, make, model, trim, engine, transmission,
       body_class, drive_type, energies, state, distance_unit, volume_unit, currency, purchase, sale, tags, notes, custom_fields, archived,
       decoding, decoded_at, decoded_from, filled_in, odometer_km, engine_hours, read_at,
       (SELECT digest FROM vehicles.photo WHERE photo.vehicle_id = vehicle.id) AS photo
