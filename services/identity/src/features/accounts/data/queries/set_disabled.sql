UPDATE accounts.account SET disabled_at = CASE WHEN $2 THEN now() END WHERE id = $1
