UPDATE webhooks.endpoint
SET url = $2, description = $3, event_types = $4, enabled = $5, version = version + 1,
    previous_secret = CASE WHEN $6::bytea IS NULL THEN previous_secret ELSE secret END,
    previous_until = CASE WHEN $6::bytea IS NULL THEN previous_until ELSE now() + interval '1 day' END,
    secret = coalesce($6, secret)
WHERE id = $1
