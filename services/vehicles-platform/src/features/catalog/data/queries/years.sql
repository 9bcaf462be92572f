SELECT DISTINCT year FROM {release}.catalog_model_year WHERE vehicle_types & $1 <> 0 ORDER BY year DESC
