UPDATE vehicles.reading
SET version = version + 1, updated_at = now(), deleted_at = CASE WHEN $3 THEN now() END
WHERE id = $1 AND vehicle_id = $2 AND (deleted_at IS NULL) = $3 AND source = 'manual'
  AND ($3 OR deleted_at > now() - interval '720 hours')
