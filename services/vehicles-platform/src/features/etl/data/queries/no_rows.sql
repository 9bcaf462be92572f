SELECT * FROM {release}."{table}" LIMIT 0
