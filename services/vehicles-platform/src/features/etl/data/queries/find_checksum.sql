SELECT id, state FROM etl.release WHERE checksum = $1 AND state IN ('live', 'superseded') ORDER BY state = 'live' DESC, id DESC LIMIT 1
