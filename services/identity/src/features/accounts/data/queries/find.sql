SELECT id, email, name, password_hash, role, email_verified, must_change_password, disabled_at, created_at FROM accounts.account WHERE id = $1
