SELECT id, user_id, version, created_at, deleted_at, at, source, distance, unit, hours, total_km, total_hours, out_of_order, note
FROM vehicles.reading
WHERE vehicle_id = $1
  AND CASE WHEN $5 THEN deleted_at > now() - interval '720 hours' AND source = 'manual' ELSE deleted_at IS NULL END
  AND ($2::timestamptz IS NULL OR (at, id) < ($2, $3))
ORDER BY at DESC, id DESC
LIMIT $4
