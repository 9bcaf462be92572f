-- Every schema id of the patterns once, by stepping through the index: the patterns are 1.7 million, the schemas 25,000.
WITH RECURSIVE used (vinschemaid) AS (
    (SELECT vinschemaid FROM {release}.pattern ORDER BY vinschemaid LIMIT 1)
    UNION ALL
    SELECT (SELECT vinschemaid FROM {release}.pattern AS next WHERE next.vinschemaid > used.vinschemaid
            ORDER BY vinschemaid LIMIT 1)
    FROM used
    WHERE used.vinschemaid IS NOT NULL
)
SELECT 'pattern refers to vinschema' AS reference, count(*) AS broken
FROM used WHERE vinschemaid IS NOT NULL
    AND NOT EXISTS (SELECT FROM {release}.vinschema WHERE vinschema.id = used.vinschemaid)
UNION ALL
SELECT 'wmi_vinschema refers to wmi', count(*)
FROM {release}.wmi_vinschema AS band WHERE NOT EXISTS (SELECT FROM {release}.wmi WHERE wmi.id = band.wmiid)
UNION ALL
SELECT 'wmi_vinschema refers to vinschema', count(*)
FROM {release}.wmi_vinschema AS band
WHERE NOT EXISTS (SELECT FROM {release}.vinschema WHERE vinschema.id = band.vinschemaid)
UNION ALL
SELECT 'make_model refers to make', count(*)
FROM {release}.make_model WHERE NOT EXISTS (SELECT FROM {release}.make WHERE make.id = make_model.makeid)
UNION ALL
SELECT 'make_model refers to model', count(*)
FROM {release}.make_model WHERE NOT EXISTS (SELECT FROM {release}.model WHERE model.id = make_model.modelid)
UNION ALL
SELECT 'wmi_make refers to wmi', count(*)
FROM {release}.wmi_make WHERE NOT EXISTS (SELECT FROM {release}.wmi WHERE wmi.id = wmi_make.wmiid)
UNION ALL
SELECT 'wmi_make refers to make', count(*)
FROM {release}.wmi_make WHERE NOT EXISTS (SELECT FROM {release}.make WHERE make.id = wmi_make.makeid)
UNION ALL
SELECT 'catalog_model refers to catalog_make', count(*)
FROM {release}.catalog_model AS model
WHERE NOT EXISTS (SELECT FROM {release}.catalog_make AS make WHERE make.id = model.make_id)
UNION ALL
SELECT 'catalog_model_year refers to catalog_model', count(*)
FROM {release}.catalog_model_year AS sold
WHERE NOT EXISTS (
    SELECT FROM {release}.catalog_model AS model WHERE model.id = sold.model_id AND model.make_id = sold.make_id
)
UNION ALL
SELECT 'catalog_configuration refers to catalog_model', count(*)
FROM {release}.catalog_configuration AS carried
WHERE NOT EXISTS (SELECT FROM {release}.catalog_model AS model WHERE model.id = carried.model_id)
UNION ALL
SELECT 'catalog_configuration refers to catalog_trim', count(*)
FROM {release}.catalog_configuration AS carried
WHERE trim_id IS NOT NULL AND NOT EXISTS (SELECT FROM {release}.catalog_trim AS t WHERE t.id = carried.trim_id)
UNION ALL
SELECT 'catalog_configuration refers to catalog_engine', count(*)
FROM {release}.catalog_configuration AS carried
WHERE engine_id IS NOT NULL AND NOT EXISTS (SELECT FROM {release}.catalog_engine AS e WHERE e.id = carried.engine_id)
UNION ALL
SELECT 'catalog_configuration refers to catalog_transmission', count(*)
FROM {release}.catalog_configuration AS carried
WHERE transmission_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM {release}.catalog_transmission AS t WHERE t.id = carried.transmission_id)
