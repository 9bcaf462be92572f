DELETE FROM accounts.account WHERE id = $1
