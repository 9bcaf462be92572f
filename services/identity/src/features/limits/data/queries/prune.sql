DELETE FROM limits.counter WHERE ends_at < now()
