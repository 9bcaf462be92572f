//! The drop-down catalogue: rows exactly as the release schema's `catalog_*` tables hold them, sorted.

/// `catalog_make`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MakeRow {
    /// The vPIC make id.
    pub(crate) id: i32,
    pub(crate) name: String,
}

/// `catalog_model`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ModelRow {
    /// The vPIC model id.
    pub(crate) id: i32,
    pub(crate) make_id: i32,
    pub(crate) name: String,
}

/// `catalog_trim`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TrimRow {
    pub(crate) id: i64,
    pub(crate) name: String,
}

/// `catalog_engine`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EngineRow {
    pub(crate) id: i64,
    pub(crate) name: String,
    /// Displacement in tenths of a litre (15 is 1.5 L); the column is numeric(4,1).
    pub(crate) displacement_dl: Option<u16>,
    pub(crate) cylinders: Option<i16>,
    pub(crate) configuration: Option<String>,
    pub(crate) fuel_primary: Option<String>,
    pub(crate) fuel_secondary: Option<String>,
    pub(crate) electrification: Option<String>,
    pub(crate) turbo: Option<bool>,
    pub(crate) engine_model: Option<String>,
}

/// `catalog_transmission`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TransmissionRow {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) style: Option<String>,
    pub(crate) speeds: Option<i16>,
}

/// `catalog_model_year`: a model that was sold in a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ModelYearRow {
    pub(crate) year: i16,
    pub(crate) make_id: i32,
    pub(crate) model_id: i32,
    /// Bits: 1 car, 2 MPV, 4 truck, 8 motorcycle.
    pub(crate) vehicle_types: i16,
}

/// `catalog_configuration`: what one VIN of that model and year could really carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ConfigurationRow {
    pub(crate) year: i16,
    pub(crate) model_id: i32,
    pub(crate) trim_id: Option<i64>,
    pub(crate) engine_id: Option<i64>,
    pub(crate) transmission_id: Option<i64>,
    pub(crate) power_hp_min: Option<i16>,
    pub(crate) power_hp_max: Option<i16>,
}

/// One release's catalogue, every table sorted by its key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Catalog {
    pub(crate) makes: Vec<MakeRow>,
    pub(crate) models: Vec<ModelRow>,
    pub(crate) trims: Vec<TrimRow>,
    pub(crate) engines: Vec<EngineRow>,
    pub(crate) transmissions: Vec<TransmissionRow>,
    pub(crate) model_years: Vec<ModelYearRow>,
    pub(crate) configurations: Vec<ConfigurationRow>,
}
