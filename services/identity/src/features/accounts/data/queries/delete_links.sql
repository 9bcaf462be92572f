DELETE FROM accounts.link WHERE account_id = $1
