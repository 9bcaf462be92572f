UPDATE etl.release
SET state = 'live', live_since = clock_timestamp(), finished_at = coalesce(finished_at, clock_timestamp())
WHERE id = $1 AND state IN ('loading', 'superseded')
