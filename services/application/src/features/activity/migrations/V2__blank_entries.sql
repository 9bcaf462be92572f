-- Of a thing that was removed for good it stays who did what and when, and not what it was. The worker alone may do it, to what is of the tenant that it works for.
CREATE FUNCTION activity.blank(thing uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE activity.entry
    SET changes = '{}'
    WHERE belongs_to = thing AND changes <> '{}'
      AND tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
      AND current_setting('app.role', true) = 'system'
$$;
