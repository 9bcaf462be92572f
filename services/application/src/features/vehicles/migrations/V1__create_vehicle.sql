CREATE TABLE vehicles.vehicle (
    id            uuid        PRIMARY KEY,
    tenant_id     uuid        NOT NULL,
    -- Who added it.
    user_id       text        NOT NULL,
    version       bigint      NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    -- In the trash since then.
    deleted_at    timestamptz,

    vin           text        CHECK (vin ~ '^[A-Z0-9]{5,17}$'),
    nickname      text,
    plate         text,
    colour        text,
    year          integer,
    make          text,
    model         text,
    trim          text,
    engine        text,
    transmission  text,
    body_class    text,
    drive_type    text,
    energies      jsonb       NOT NULL,
    state         text        NOT NULL CHECK (state IN ('in_service', 'out_of_service', 'stored', 'sold', 'scrapped')),
    distance_unit text        NOT NULL CHECK (distance_unit IN ('km', 'mi')),
    volume_unit   text        NOT NULL CHECK (volume_unit IN ('l', 'us_gal', 'uk_gal')),
    currency      text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    purchase      jsonb       NOT NULL,
    sale          jsonb       NOT NULL,
    tags          text[]      NOT NULL,
    notes         text,
    custom_fields jsonb       NOT NULL,
    archived      boolean     NOT NULL,

    -- What the VIN says: not asked, waited for, had, or not to be had.
    decoding      text        NOT NULL CHECK (decoding IN ('none', 'pending', 'done', 'failed')),
    decoded_at    timestamptz,
    -- The release of vehicle data that it is from, or `nhtsa`.
    decoded_from  text,
    -- Where the latest believable reading stands; of all instruments together.
    odometer_km   numeric(13, 3),
    engine_hours  numeric(13, 3),
    read_at       timestamptz
);

-- One living vehicle of a tenant has a VIN.
CREATE UNIQUE INDEX vehicle_vin ON vehicles.vehicle (tenant_id, vin) WHERE deleted_at IS NULL AND vin IS NOT NULL;
CREATE INDEX vehicle_of_tenant ON vehicles.vehicle (tenant_id, id) WHERE deleted_at IS NULL;
CREATE INDEX vehicle_in_trash ON vehicles.vehicle (tenant_id, id) WHERE deleted_at IS NOT NULL;

CREATE FUNCTION vehicles.is_own(tenant uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT tenant = nullif(current_setting('app.tenant_id', true), '')::uuid
$$;

-- `system` is the worker, who ends what a member began.
CREATE FUNCTION vehicles.may_edit() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(current_setting('app.role', true) IN ('owner', 'manager', 'editor', 'system'), false)
$$;

CREATE FUNCTION vehicles.may_add() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT vehicles.may_edit() OR coalesce(current_setting('app.role', true) = 'driver', false)
$$;

CREATE FUNCTION vehicles.is_me(person text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT person = nullif(current_setting('app.user_id', true), '')
$$;

ALTER TABLE vehicles.vehicle ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON vehicles.vehicle FOR SELECT USING (vehicles.is_own(tenant_id));
CREATE POLICY add ON vehicles.vehicle FOR INSERT
    WITH CHECK (vehicles.is_own(tenant_id) AND vehicles.may_edit() AND vehicles.is_me(user_id));
CREATE POLICY change ON vehicles.vehicle FOR UPDATE
    USING (vehicles.is_own(tenant_id) AND vehicles.may_edit())
    WITH CHECK (vehicles.is_own(tenant_id));
-- What is removed for good has lain in the trash, and the worker does it.
CREATE POLICY remove ON vehicles.vehicle FOR DELETE
    USING (vehicles.is_own(tenant_id) AND current_setting('app.role', true) = 'system' AND deleted_at IS NOT NULL);
