SELECT id, month, state, row_counts FROM etl.release WHERE id = $1
