-- When an application last counted all that is used; of what is counted here by steps, nothing.
ALTER TABLE tenants.usage ADD COLUMN counted_at timestamptz;
