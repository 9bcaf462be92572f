WITH next AS (UPDATE webhooks.last_event SET seq = seq + 1 RETURNING seq)
INSERT INTO webhooks.event (seq, id, at, type, tenant_id, subject, data)
SELECT seq, $1, clock_timestamp(), $2, $3, $4, $5 FROM next
RETURNING seq
