UPDATE webhooks.endpoint SET previous_secret = NULL, previous_until = NULL WHERE previous_until < now()
