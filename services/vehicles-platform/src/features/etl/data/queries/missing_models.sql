SELECT wanted.name
FROM unnest($3::text[]) AS wanted (name)
WHERE NOT EXISTS (
    SELECT FROM {release}.catalog_model_year AS sold
    JOIN {release}.catalog_make AS make ON make.id = sold.make_id
    JOIN {release}.catalog_model AS model ON model.id = sold.model_id
    WHERE sold.year = $1 AND lower(make.name) = lower($2) AND lower(model.name) = lower(wanted.name)
)
