-- Complete releases beyond the newest $1; the live one is always kept and counts.
SELECT id, coalesce(month, '') AS month FROM etl.release
WHERE state = 'superseded'
ORDER BY id DESC
OFFSET greatest($1::bigint - 1, 0)
