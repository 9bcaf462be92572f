-- The models that the WMI's schemas of the year know, with the keys a VIN must match.
SELECT asked.number, pattern.keys, make.name AS make, model.name AS model
FROM unnest($1::text[], $2::integer[]) WITH ORDINALITY AS asked (wmi, year, number)
JOIN {release}.wmi ON wmi.wmi = asked.wmi
JOIN {release}.wmi_vinschema AS band
    ON band.wmiid = wmi.id AND band.yearfrom <= asked.year AND coalesce(band.yearto, 9999) >= asked.year
JOIN {release}.vinschema ON vinschema.id = band.vinschemaid AND vinschema.tobeqced IS NOT TRUE
JOIN {release}.pattern ON pattern.vinschemaid = vinschema.id AND pattern.elementid = 28
JOIN {release}.model
    ON model.id = CASE WHEN pattern.attributeid ~ '^[0-9]{1,9}$' THEN pattern.attributeid::integer END
JOIN {release}.make_model ON make_model.modelid = model.id
JOIN {release}.make ON make.id = make_model.makeid
