-- Both only grow, so their sum is another one after every change of either.
SELECT revision.number + coalesce((SELECT max(version) FROM configuration.version WHERE tenant_id = $1), 0) AS version
FROM configuration.revision
