-- Readings of odometers and hour meters, from every source.
CREATE TABLE vehicles.reading (
    id            uuid        PRIMARY KEY,
    tenant_id     uuid        NOT NULL,
    user_id       text        NOT NULL,
    vehicle_id    uuid        NOT NULL REFERENCES vehicles.vehicle (id),
    version       bigint      NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    deleted_at    timestamptz,
    at            timestamptz NOT NULL,
    source        text        NOT NULL CHECK (source IN ('manual', 'purchase', 'sale', 'fuel', 'service', 'import', 'telematics')),
    -- As it was read off, and in what.
    distance      numeric(13, 3) CHECK (distance >= 0),
    unit          text        CHECK (unit IN ('km', 'mi')),
    hours         numeric(13, 3) CHECK (hours >= 0),
    -- With what earlier instruments had counted: what readings are compared and told by.
    total_km      numeric(16, 6),
    total_hours   numeric(13, 3),
    out_of_order  boolean     NOT NULL DEFAULT false,
    note          text,
    CHECK (distance IS NOT NULL OR hours IS NOT NULL),
    CHECK ((distance IS NULL) = (unit IS NULL))
);

CREATE INDEX reading_of_vehicle ON vehicles.reading (tenant_id, vehicle_id, at, id);
-- The purchase and the sale of a vehicle are one reading each.
CREATE UNIQUE INDEX reading_of_deal ON vehicles.reading (vehicle_id, source) WHERE source IN ('purchase', 'sale');

ALTER TABLE vehicles.reading ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON vehicles.reading FOR SELECT USING (vehicles.is_own(tenant_id));
CREATE POLICY add ON vehicles.reading FOR INSERT
    WITH CHECK (vehicles.is_own(tenant_id) AND vehicles.may_add() AND vehicles.is_me(user_id));
CREATE POLICY change ON vehicles.reading FOR UPDATE
    USING (vehicles.is_own(tenant_id) AND vehicles.may_edit())
    WITH CHECK (vehicles.is_own(tenant_id));
CREATE POLICY remove ON vehicles.reading FOR DELETE
    USING (vehicles.is_own(tenant_id) AND current_setting('app.role', true) = 'system');

-- An odometer or an hour meter that took another one's place.
CREATE TABLE vehicles.instrument (
    id          uuid        PRIMARY KEY,
    tenant_id   uuid        NOT NULL,
    user_id     text        NOT NULL,
    vehicle_id  uuid        NOT NULL REFERENCES vehicles.vehicle (id),
    created_at  timestamptz NOT NULL DEFAULT now(),
    kind        text        NOT NULL CHECK (kind IN ('odometer', 'hour_meter')),
    since       timestamptz NOT NULL,
    -- As they stood when the one was taken out and the other put in; of an odometer in `unit`.
    old_value   numeric(13, 3) NOT NULL CHECK (old_value >= 0),
    new_value   numeric(13, 3) NOT NULL CHECK (new_value >= 0),
    unit        text        CHECK (unit IN ('km', 'mi')),
    CHECK ((kind = 'odometer') = (unit IS NOT NULL))
);

CREATE UNIQUE INDEX instrument_of_vehicle ON vehicles.instrument (vehicle_id, kind, since);

ALTER TABLE vehicles.instrument ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON vehicles.instrument FOR SELECT USING (vehicles.is_own(tenant_id));
CREATE POLICY add ON vehicles.instrument FOR INSERT
    WITH CHECK (vehicles.is_own(tenant_id) AND vehicles.may_edit() AND vehicles.is_me(user_id));
CREATE POLICY remove ON vehicles.instrument FOR DELETE
    USING (vehicles.is_own(tenant_id) AND vehicles.may_edit());

-- A driver adds a reading and changes nothing else; which readings are doubted after it, and where the odometer stands, follows from them all.
CREATE FUNCTION vehicles.settle_readings(of_vehicle uuid, doubted uuid[], total_km numeric, total_hours numeric, latest timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE vehicles.reading
    SET out_of_order = (id = ANY (doubted))
    WHERE vehicle_id = of_vehicle AND vehicles.is_own(tenant_id) AND vehicles.may_add()
      AND out_of_order <> (id = ANY (doubted));
    UPDATE vehicles.vehicle
    SET odometer_km = $3, engine_hours = $4, read_at = latest
    WHERE id = of_vehicle AND vehicles.is_own(tenant_id) AND vehicles.may_add();
$$;
