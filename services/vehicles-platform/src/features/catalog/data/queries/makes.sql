SELECT make.id, make.name
FROM {release}.catalog_make AS make
WHERE make.id IN (SELECT make_id FROM {release}.catalog_model_year WHERE year = $1 AND vehicle_types & $2 <> 0)
