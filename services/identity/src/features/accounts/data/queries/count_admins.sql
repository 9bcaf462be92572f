SELECT count(*) AS admins FROM accounts.account WHERE role = 'admin' AND disabled_at IS NULL
