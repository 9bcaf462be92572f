-- The years of a model as bits, bit 0 for 1980, for each kind of vehicle.
SELECT model.id, model.name, model.make_id, make.name AS make_name,
       coalesce(bit_or(1::bigint << (year - 1980)) FILTER (WHERE vehicle_types & 1 <> 0), 0) AS car_years,
       coalesce(bit_or(1::bigint << (year - 1980)) FILTER (WHERE vehicle_types & 2 <> 0), 0) AS mpv_years,
       coalesce(bit_or(1::bigint << (year - 1980)) FILTER (WHERE vehicle_types & 4 <> 0), 0) AS truck_years,
       coalesce(bit_or(1::bigint << (year - 1980)) FILTER (WHERE vehicle_types & 8 <> 0), 0) AS motorcycle_years
FROM {release}.catalog_model_year AS sold
JOIN {release}.catalog_model AS model ON model.id = sold.model_id
JOIN {release}.catalog_make AS make ON make.id = model.make_id
WHERE year BETWEEN 1980 AND 2042
GROUP BY model.id, model.name, model.make_id, make.name
