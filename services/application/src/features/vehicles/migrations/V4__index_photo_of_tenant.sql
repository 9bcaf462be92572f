-- What a tenant stores is counted.
CREATE INDEX photo_of_tenant ON vehicles.photo (tenant_id);
