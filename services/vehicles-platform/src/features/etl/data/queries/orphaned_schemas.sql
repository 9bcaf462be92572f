-- Schemas of releases that the registry does not hold as complete.
SELECT nspname::text
FROM pg_namespace
WHERE nspname ~ '^release_[0-9]+$'
  AND NOT EXISTS (
      SELECT FROM etl.release
      WHERE 'release_' || id = nspname AND state IN ('live', 'superseded')
  )
ORDER BY nspname
