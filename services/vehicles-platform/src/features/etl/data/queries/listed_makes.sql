SELECT DISTINCT make.name
FROM {release}.catalog_model_year AS sold
JOIN {release}.catalog_make AS make ON make.id = sold.make_id
WHERE lower(make.name) IN (SELECT lower(name) FROM unnest($1::text[]) AS unwanted (name))
