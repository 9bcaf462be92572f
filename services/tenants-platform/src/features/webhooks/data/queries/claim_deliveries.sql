WITH due AS (
    SELECT waiting.id
    FROM webhooks.endpoint
    -- So many of each: one that never answers must not keep the others waiting.
    CROSS JOIN LATERAL (
        SELECT id, next_attempt_at
        FROM webhooks.delivery
        WHERE endpoint_id = endpoint.id AND state = 'pending' AND next_attempt_at <= now()
        ORDER BY next_attempt_at
        LIMIT $2
        FOR UPDATE SKIP LOCKED
    ) AS waiting
    WHERE endpoint.enabled AND endpoint.id <> ALL ($3::uuid[])
    ORDER BY waiting.next_attempt_at
    LIMIT $1
), claimed AS (
    -- Whoever dies with it leaves it to the others after a minute.
    UPDATE webhooks.delivery AS delivery
    SET attempts = attempts + 1, next_attempt_at = now() + interval '1 minute'
    FROM due
    WHERE delivery.id = due.id
    RETURNING delivery.id, delivery.endpoint_id, delivery.event_seq, delivery.attempts
)
SELECT claimed.id AS delivery_id, claimed.endpoint_id, claimed.attempts, endpoint.url, endpoint.secret,
       CASE WHEN endpoint.previous_until > now() THEN endpoint.previous_secret END AS previous_secret,
       event.seq, event.id, event.at, event.type, event.tenant_id, event.subject, event.data
FROM claimed
JOIN webhooks.endpoint ON endpoint.id = claimed.endpoint_id
JOIN webhooks.event ON event.seq = claimed.event_seq
