INSERT INTO outbox.message (id, sealed) VALUES ($1, $2)
