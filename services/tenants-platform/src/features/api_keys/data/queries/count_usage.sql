WITH used AS (
    SELECT id, day, requests FROM unnest($1::text[], $2::date[], $3::bigint[]) AS used (id, day, requests)
), held AS (
    -- By id: two callers that count the same keys must not wait for each other in a circle.
    SELECT id, tenant_id FROM api_keys.key WHERE id IN (SELECT id FROM used) ORDER BY id FOR NO KEY UPDATE
), touched AS (
    UPDATE api_keys.key SET last_used_at = now() FROM held WHERE key.id = held.id
), added AS (
    INSERT INTO api_keys.daily_usage AS usage (key_id, day, requests)
    SELECT held.id, used.day, used.requests FROM used JOIN held ON held.id = used.id ORDER BY held.id, used.day
    ON CONFLICT (key_id, day) DO UPDATE SET requests = usage.requests + excluded.requests
)
SELECT held.tenant_id, used.day, sum(used.requests)::bigint AS requests
FROM used JOIN held ON held.id = used.id
GROUP BY held.tenant_id, used.day
