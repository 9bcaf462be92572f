UPDATE accounts.account SET email = $2, email_key = $3, email_verified = true WHERE id = $1
