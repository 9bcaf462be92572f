-- In order, so that a reader sees from the oldest one that is kept whether it has missed any.
DELETE FROM webhooks.event
WHERE at < now() - make_interval(days => $1)
  AND seq < coalesce((SELECT min(event_seq) FROM webhooks.delivery), 9223372036854775807)
