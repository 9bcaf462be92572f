ALTER TABLE {release}.catalog_make ADD PRIMARY KEY (id);
ALTER TABLE {release}.catalog_model ADD PRIMARY KEY (id);
ALTER TABLE {release}.catalog_trim ADD PRIMARY KEY (id);
ALTER TABLE {release}.catalog_engine ADD PRIMARY KEY (id);
ALTER TABLE {release}.catalog_transmission ADD PRIMARY KEY (id);
ALTER TABLE {release}.catalog_model_year ADD PRIMARY KEY (year, make_id, model_id);
CREATE INDEX ON {release}.catalog_configuration (year, model_id);
ANALYZE {release}.catalog_make, {release}.catalog_model, {release}.catalog_trim, {release}.catalog_engine,
    {release}.catalog_transmission, {release}.catalog_model_year, {release}.catalog_configuration;
