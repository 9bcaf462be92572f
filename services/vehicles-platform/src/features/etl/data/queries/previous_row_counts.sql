-- What was served before a release came: for a new one that is the live one, also after a rollback.
SELECT row_counts FROM etl.release
WHERE state IN ('live', 'superseded') AND id < $1
ORDER BY live_since DESC
LIMIT 1
