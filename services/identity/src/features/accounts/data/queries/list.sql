SELECT id, email, name, password_hash, role, email_verified, must_change_password, disabled_at, created_at
FROM accounts.account
WHERE ($1::uuid IS NULL OR id > $1) AND ($3::text IS NULL OR email_key = $3)
ORDER BY id
LIMIT $2
