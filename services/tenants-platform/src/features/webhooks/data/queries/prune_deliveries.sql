DELETE FROM webhooks.delivery
WHERE state <> 'pending' AND created_at < now() - make_interval(days => $1)
