DELETE FROM webhooks.endpoint WHERE id = $1
