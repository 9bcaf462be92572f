CREATE TABLE {release}.catalog_make (
    id   integer NOT NULL,
    name text NOT NULL
);
CREATE TABLE {release}.catalog_model (
    id      integer NOT NULL,
    make_id integer NOT NULL,
    name    text NOT NULL
);
CREATE TABLE {release}.catalog_trim (
    id   bigint NOT NULL,
    name text NOT NULL
);
CREATE TABLE {release}.catalog_engine (
    id              bigint NOT NULL,
    name            text NOT NULL,
    displacement_l  numeric(4, 1),
    cylinders       smallint,
    configuration   text,
    fuel_primary    text,
    fuel_secondary  text,
    electrification text,
    turbo           boolean,
    engine_model    text
);
CREATE TABLE {release}.catalog_transmission (
    id     bigint NOT NULL,
    name   text NOT NULL,
    style  text,
    speeds smallint
);
-- vehicle_types is a bit mask: 1 car, 2 MPV, 4 truck, 8 motorcycle.
CREATE TABLE {release}.catalog_model_year (
    year          smallint NOT NULL,
    make_id       integer NOT NULL,
    model_id      integer NOT NULL,
    vehicle_types smallint NOT NULL
);
-- One row for each trim, engine and transmission that one VIN could carry together.
CREATE TABLE {release}.catalog_configuration (
    year            smallint NOT NULL,
    model_id        integer NOT NULL,
    trim_id         bigint,
    engine_id       bigint,
    transmission_id bigint,
    power_hp_min    smallint,
    power_hp_max    smallint
);
