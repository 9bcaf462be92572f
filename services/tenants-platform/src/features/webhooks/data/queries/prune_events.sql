DELETE FROM webhooks.event AS event
WHERE at < now() - make_interval(days => $1)
  AND NOT EXISTS (SELECT 1 FROM webhooks.delivery WHERE event_seq = event.seq)
