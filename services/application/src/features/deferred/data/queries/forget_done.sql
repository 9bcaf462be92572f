DELETE FROM deferred.operation WHERE state = 'done' AND ended_at < now() - interval '7 days'
