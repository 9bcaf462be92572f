-- Complete releases beyond $1; the live one is always kept and counts. What served last goes last: after a rollback the
-- release that was good outlives the one that was not.
SELECT id, coalesce(month, '') AS month FROM etl.release
WHERE state = 'superseded'
ORDER BY live_since DESC, id DESC
OFFSET greatest($1::bigint - 1, 0)
