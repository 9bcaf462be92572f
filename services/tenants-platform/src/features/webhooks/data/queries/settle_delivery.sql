UPDATE webhooks.delivery
SET state = $2, last_status = $3, last_error = $4,
    next_attempt_at = now() + make_interval(secs => $5::double precision),
    delivered_at = CASE WHEN $2 = 'delivered' THEN now() END
WHERE id = $1
