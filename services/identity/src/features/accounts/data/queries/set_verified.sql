UPDATE accounts.account SET email_verified = true WHERE id = $1
