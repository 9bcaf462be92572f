UPDATE accounts.account SET password_hash = $2, must_change_password = $3, password_changed_at = now() WHERE id = $1
