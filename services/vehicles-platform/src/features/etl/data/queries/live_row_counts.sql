SELECT id, row_counts FROM etl.release WHERE state = 'live'
