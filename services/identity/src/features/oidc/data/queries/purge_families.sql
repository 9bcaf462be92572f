DELETE FROM oidc.family WHERE account_id = $1
