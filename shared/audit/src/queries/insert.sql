INSERT INTO audit.entry
    (seq, at, consumer, actor, request_id, action, tenant_id, subject, before, after, previous_hash, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
