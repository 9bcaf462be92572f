INSERT INTO limits.counter (subject, count, ends_at)
VALUES ($1, 1, now() + make_interval(secs => $2))
ON CONFLICT (subject) DO UPDATE SET
    count = CASE WHEN counter.ends_at <= now() THEN 1 ELSE counter.count + 1 END,
    ends_at = CASE WHEN counter.ends_at <= now() THEN excluded.ends_at ELSE counter.ends_at END
RETURNING count, ceil(extract(epoch FROM ends_at - now()))::bigint AS left_s
