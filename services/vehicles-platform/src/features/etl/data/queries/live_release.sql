SELECT id, month FROM etl.release WHERE state = 'live'
