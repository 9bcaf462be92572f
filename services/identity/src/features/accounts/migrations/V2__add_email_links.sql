ALTER TABLE accounts.link DROP CONSTRAINT link_kind_check;
ALTER TABLE accounts.link ADD CONSTRAINT link_kind_check CHECK (kind IN ('sign_up', 'verify', 'reset', 'email', 'nothing'));
