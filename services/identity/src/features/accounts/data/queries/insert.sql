INSERT INTO accounts.account
    (id, email, email_key, name, password_hash, role, email_verified, must_change_password, created_at, password_changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
ON CONFLICT (email_key) DO NOTHING
