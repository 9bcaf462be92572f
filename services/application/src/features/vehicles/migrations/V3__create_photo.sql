-- One picture of a vehicle, as it is shown; without what a camera writes into it.
CREATE TABLE vehicles.photo (
    vehicle_id   uuid        PRIMARY KEY REFERENCES vehicles.vehicle (id),
    tenant_id    uuid        NOT NULL,
    user_id      text        NOT NULL,
    updated_at   timestamptz NOT NULL DEFAULT now(),
    content_type text        NOT NULL CHECK (content_type IN ('image/jpeg', 'image/png', 'image/webp')),
    digest       text        NOT NULL,
    bytes        bytea       NOT NULL CHECK (octet_length(bytes) <= 8388608)
);

ALTER TABLE vehicles.photo ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON vehicles.photo FOR SELECT USING (vehicles.is_own(tenant_id));
CREATE POLICY add ON vehicles.photo FOR INSERT
    WITH CHECK (vehicles.is_own(tenant_id) AND vehicles.may_edit() AND vehicles.is_me(user_id));
CREATE POLICY change ON vehicles.photo FOR UPDATE
    USING (vehicles.is_own(tenant_id) AND vehicles.may_edit())
    WITH CHECK (vehicles.is_own(tenant_id));
CREATE POLICY remove ON vehicles.photo FOR DELETE
    USING (vehicles.is_own(tenant_id) AND vehicles.may_edit());
