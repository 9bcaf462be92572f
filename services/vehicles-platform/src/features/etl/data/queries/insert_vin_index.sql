INSERT INTO {release}.{index} (part, bytes) VALUES ($1, $2)
