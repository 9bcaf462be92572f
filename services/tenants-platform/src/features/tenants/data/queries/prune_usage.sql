-- As long as the usage of keys is kept. Levels have the day 1970-01-01.
DELETE FROM tenants.usage WHERE day > '1970-01-01' AND day <= (now() AT TIME ZONE 'UTC')::date - 90
