INSERT INTO activity.entry (id, tenant_id, user_id, action, subject, belongs_to, changes)
VALUES ($1, $2, $3, $4, $5, $6, $7)
