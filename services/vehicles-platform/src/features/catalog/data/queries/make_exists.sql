SELECT FROM {release}.catalog_make WHERE id = $1
