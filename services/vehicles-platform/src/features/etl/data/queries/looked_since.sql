-- Whether the source was looked at since then, by the schedule or by somebody's own load.
SELECT EXISTS (SELECT FROM etl.scheduled_run WHERE finished_at >= $1::text::timestamptz)
    OR EXISTS (
        SELECT FROM etl.release
        WHERE state IN ('live', 'superseded', 'pruned') AND finished_at >= $1::text::timestamptz
    ) AS looked
