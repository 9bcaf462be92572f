-- Until then refresh tokens that came of the session can be used: the row stays as long, so that its owner sees the device
-- and can end it.
ALTER TABLE sessions.session ADD COLUMN refresh_until timestamptz;
