UPDATE outbox.message SET due_at = now() + make_interval(secs => $2) WHERE id = $1
