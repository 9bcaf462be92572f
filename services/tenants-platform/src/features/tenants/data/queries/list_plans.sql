SELECT name, title, quotas, features FROM tenants.plan ORDER BY name
