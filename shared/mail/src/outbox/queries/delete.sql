DELETE FROM outbox.message WHERE id = $1
