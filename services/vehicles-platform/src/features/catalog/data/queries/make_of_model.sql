SELECT make_id FROM {release}.catalog_model WHERE id = $1
