SELECT id, state, month, source, checksum, loaded_by, failure, row_counts, phase_ms,
       to_char(as_of, 'YYYY-MM-DD') AS as_of,
       to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS started_at,
       to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS finished_at,
       to_char(live_since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS live_since
FROM etl.release
ORDER BY id DESC
