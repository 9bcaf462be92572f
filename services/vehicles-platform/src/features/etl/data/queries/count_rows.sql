SELECT count(*) FROM {release}."{table}"
