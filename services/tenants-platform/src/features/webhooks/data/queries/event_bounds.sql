SELECT coalesce((SELECT min(seq) FROM webhooks.event), seq + 1) AS oldest, seq AS last
FROM webhooks.last_event
