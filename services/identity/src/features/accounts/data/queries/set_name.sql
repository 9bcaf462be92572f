UPDATE accounts.account SET name = $2 WHERE id = $1
