UPDATE accounts.account SET email = $2, email_key = $3, email_verified = true
WHERE id = $1 AND NOT EXISTS (SELECT FROM accounts.account other WHERE other.email_key = $3 AND other.id <> $1)
