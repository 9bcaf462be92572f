-- A bigint advisory lock shows its halves as classid and objid.
SELECT activity.pid, coalesce(nullif(activity.application_name, ''), 'an unnamed program') AS program,
       coalesce(host(activity.client_addr), 'a local socket') AS address,
       to_char(activity.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since
FROM pg_locks AS held
JOIN pg_stat_activity AS activity ON activity.pid = held.pid
WHERE held.locktype = 'advisory' AND held.granted
  AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND ((held.classid::bigint << 32) | held.objid::bigint) = $1
