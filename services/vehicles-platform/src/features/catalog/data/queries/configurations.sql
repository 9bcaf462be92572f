SELECT carried.trim_id, trim.name AS trim_name,
       carried.engine_id, engine.name AS engine_name, engine.displacement_l::float8, engine.cylinders, engine.configuration,
       engine.fuel_primary, engine.fuel_secondary, engine.electrification, engine.turbo, engine.engine_model,
       carried.power_hp_min, carried.power_hp_max,
       carried.transmission_id, transmission.name AS transmission_name, transmission.style, transmission.speeds
FROM {release}.catalog_configuration AS carried
LEFT JOIN {release}.catalog_trim AS trim ON trim.id = carried.trim_id
LEFT JOIN {release}.catalog_engine AS engine ON engine.id = carried.engine_id
LEFT JOIN {release}.catalog_transmission AS transmission ON transmission.id = carried.transmission_id
WHERE carried.year = $1 AND carried.model_id = $2
