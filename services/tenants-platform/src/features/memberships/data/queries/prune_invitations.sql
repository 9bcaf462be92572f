DELETE FROM memberships.invitation WHERE expires_at < now() - interval '30 days'
