-- Kept for this transaction: nobody brings it back meanwhile.
SELECT greatest(extract(epoch FROM deleted_at + interval '720 hours' - now()), 0)::float8 AS left_s
FROM vehicles.vehicle
WHERE id = $1 AND deleted_at IS NOT NULL
FOR UPDATE
