UPDATE webhooks.endpoint SET enabled = false, version = version + 1 WHERE id = $1
