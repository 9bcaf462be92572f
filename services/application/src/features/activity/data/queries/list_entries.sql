SELECT id, user_id, at, action, subject, belongs_to, changes
FROM activity.entry
WHERE ($1::uuid IS NULL OR belongs_to = $1)
  AND ($2::uuid IS NULL OR id < $2)
ORDER BY id DESC
LIMIT $3
