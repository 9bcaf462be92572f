DELETE FROM deferred.operation WHERE subject = $1 AND kind = $2 AND state <> 'done'
