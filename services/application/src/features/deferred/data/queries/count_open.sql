SELECT state, count(*) FROM deferred.operation WHERE state <> 'done' GROUP BY state
