INSERT INTO webhooks.delivery (endpoint_id, event_seq)
SELECT delivery.endpoint_id, delivery.event_seq
FROM webhooks.delivery
JOIN webhooks.event ON event.seq = delivery.event_seq
WHERE delivery.endpoint_id = $1 AND delivery.id = $2
RETURNING id
