SELECT name, title, quotas, features FROM tenants.plan WHERE name = $1
