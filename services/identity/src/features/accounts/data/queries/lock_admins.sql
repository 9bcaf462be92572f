SELECT id FROM accounts.account WHERE role = 'admin' AND disabled_at IS NULL ORDER BY id FOR UPDATE
