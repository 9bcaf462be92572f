DELETE FROM limits.counter WHERE subject = $1
