INSERT INTO outbox.message (id, sealed, until) VALUES ($1, $2, $3)
