-- What waits for an endpoint that is switched off waits no longer than that either.
DELETE FROM webhooks.delivery
USING webhooks.endpoint
WHERE endpoint.id = delivery.endpoint_id
  AND (delivery.state <> 'pending' OR NOT endpoint.enabled)
  AND delivery.created_at < now() - make_interval(days => $1)
