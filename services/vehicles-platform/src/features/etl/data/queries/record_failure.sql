UPDATE etl.release
SET state = 'failed', failure = $2, report = $3, finished_at = clock_timestamp()
WHERE id = $1 AND state = 'loading'
