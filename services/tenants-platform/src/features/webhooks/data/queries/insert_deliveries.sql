INSERT INTO webhooks.delivery (endpoint_id, event_seq)
SELECT id, $1::bigint
FROM webhooks.endpoint
WHERE enabled
  AND (tenant_id IS NULL OR tenant_id = $3::uuid)
  AND (event_types = '{}' OR EXISTS (
      SELECT 1 FROM unnest(event_types) AS kind
      WHERE $2::text = kind OR starts_with($2::text, kind || '.')))
