-- How fast a tenant's programs may ask; null is as fast as they can.
ALTER TABLE tenants.plan
    ADD COLUMN requests_per_minute integer CHECK (requests_per_minute BETWEEN 1 AND 1000000),
    -- So many of them at once; null is all of them.
    ADD COLUMN burst integer CHECK (burst BETWEEN 1 AND requests_per_minute);

UPDATE tenants.plan SET requests_per_minute = 60 WHERE name = 'personal';
UPDATE tenants.plan SET requests_per_minute = 300 WHERE name = 'family';
UPDATE tenants.plan SET requests_per_minute = 6000, burst = 600 WHERE name = 'fleet';
