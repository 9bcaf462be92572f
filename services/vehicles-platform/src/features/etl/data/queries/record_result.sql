UPDATE etl.release
SET checksum = $2, month = $3, row_counts = $4, phase_ms = $5, report = $6
WHERE id = $1
