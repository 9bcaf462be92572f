SELECT id, month FROM etl.release
WHERE state = 'superseded' AND id < (SELECT id FROM etl.release WHERE state = 'live')
ORDER BY live_since DESC, id DESC
LIMIT 1
