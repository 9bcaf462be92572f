-- The primary keys prove that the source's ids are unique; the other indexes are what decoding by SQL looks things up by.
ALTER TABLE {release}.make ADD PRIMARY KEY (id);
ALTER TABLE {release}.model ADD PRIMARY KEY (id);
ALTER TABLE {release}.vinschema ADD PRIMARY KEY (id);
ALTER TABLE {release}.wmi ADD PRIMARY KEY (id);
ALTER TABLE {release}.pattern ADD PRIMARY KEY (id);
CREATE INDEX ON {release}.wmi (wmi);
CREATE INDEX ON {release}.wmi_vinschema (wmiid);
CREATE INDEX ON {release}.make_model (modelid);
CREATE INDEX ON {release}.pattern (vinschemaid);
ANALYZE {release}.make, {release}.model, {release}.make_model, {release}.vinschema, {release}.wmi,
    {release}.wmi_vinschema, {release}.pattern;
