SELECT seq, hash FROM audit.entry ORDER BY seq DESC LIMIT 1
