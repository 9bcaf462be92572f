UPDATE etl.release SET state = 'pruned' WHERE id = $1
