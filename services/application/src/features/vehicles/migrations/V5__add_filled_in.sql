-- What the VIN filled in where nobody had said anything: with another VIN it goes.
ALTER TABLE vehicles.vehicle ADD COLUMN filled_in jsonb NOT NULL DEFAULT '{}';

CREATE INDEX reading_taken_out ON vehicles.reading (deleted_at) WHERE deleted_at IS NOT NULL;

-- The worker forgets for everybody what was taken out 30 days ago; it may do nothing else with what is not its own.
CREATE FUNCTION vehicles.forget_readings() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH gone AS (
        DELETE FROM vehicles.reading WHERE deleted_at <= now() - interval '720 hours' RETURNING 1
    )
    SELECT count(*) FROM gone
$$;
