SELECT model.id, model.name, sold.vehicle_types
FROM {release}.catalog_model_year AS sold
JOIN {release}.catalog_model AS model ON model.id = sold.model_id
WHERE sold.year = $1 AND sold.make_id = $2 AND sold.vehicle_types & $3 <> 0
