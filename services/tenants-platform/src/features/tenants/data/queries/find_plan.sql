SELECT name, title, quotas, requests_per_minute, burst, features FROM tenants.plan WHERE name = $1
