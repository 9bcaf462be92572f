UPDATE etl.release
SET state = 'failed', failure = 'the loading process ended without a word', finished_at = clock_timestamp()
WHERE state = 'loading'
RETURNING id
