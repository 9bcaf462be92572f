//! Which tables and columns derivation needs; columns are found by name, as their order changes between months.

/// A table derivation needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Pattern,
    VinSchema,
    WmiVinSchema,
    Wmi,
    Make,
    Model,
    MakeModel,
    EngineModel,
    EngineModelPattern,
    SpecSchema,
    SpecModel,
    SpecYear,
    SpecGroup,
    SpecPattern,
    FuelType,
    EngineConfiguration,
    ElectrificationLevel,
    Transmission,
}

use Table::{
    ElectrificationLevel, EngineConfiguration, EngineModel, EngineModelPattern, FuelType, Make,
    MakeModel, Model, Pattern, SpecGroup, SpecModel, SpecPattern, SpecSchema, SpecYear,
    Transmission, VinSchema, Wmi, WmiVinSchema,
};

const NAMED: &[&str] = &["id", "name"];

/// Table, vPIC name, the columns wanted in the order the collector reads them.
pub(super) const WANTED: [(Table, &str, &[&str]); 18] = [
    (
        Pattern,
        "pattern",
        &[
            "id",
            "vinschemaid",
            "keys",
            "elementid",
            "attributeid",
            "createdon",
            "updatedon",
        ],
    ),
    (VinSchema, "vinschema", &["id", "tobeqced"]),
    (
        WmiVinSchema,
        "wmi_vinschema",
        &["wmiid", "vinschemaid", "yearfrom", "yearto"],
    ),
    (
        Wmi,
        "wmi",
        &["id", "vehicletypeid", "publicavailabilitydate"],
    ),
    (Make, "make", NAMED),
    (Model, "model", NAMED),
    (MakeModel, "make_model", &["modelid", "makeid"]),
    (EngineModel, "enginemodel", NAMED),
    (
        EngineModelPattern,
        "enginemodelpattern",
        &["enginemodelid", "elementid", "attributeid"],
    ),
    (
        SpecSchema,
        "vehiclespecschema",
        &["id", "makeid", "vehicletypeid", "tobeqced"],
    ),
    (
        SpecModel,
        "vehiclespecschema_model",
        &["vehiclespecschemaid", "modelid"],
    ),
    (
        SpecYear,
        "vehiclespecschema_year",
        &["vehiclespecschemaid", "year"],
    ),
    (SpecGroup, "vspecschemapattern", &["id", "schemaid"]),
    (
        SpecPattern,
        "vehiclespecpattern",
        &[
            "vspecschemapatternid",
            "iskey",
            "elementid",
            "attributeid",
            "createdon",
            "updatedon",
        ],
    ),
    (FuelType, "fueltype", NAMED),
    (EngineConfiguration, "engineconfiguration", NAMED),
    (ElectrificationLevel, "electrificationlevel", NAMED),
    (Transmission, "transmission", NAMED),
];

/// The most columns any table wants.
pub(super) const MOST_COLUMNS: usize = 7;

/// A table lost a column the derivation cannot do without.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("table {table} of this release has no column {column}")]
pub(crate) struct MissingColumn {
    /// The vPIC table.
    pub(crate) table: String,
    /// The column looked for.
    pub(crate) column: &'static str,
}

/// Finds a table by its vPIC name.
pub(super) fn wanted(table: &str) -> Option<(Table, &'static [&'static str])> {
    WANTED
        .iter()
        .find(|(_, name, _)| *name == table)
        .map(|&(table, _, columns)| (table, columns))
}

/// Where each wanted column stands in the COPY header (NHTSA quotes and capitalises some names).
pub(super) fn positions(
    table: &str,
    wanted: &[&'static str],
    header: &[String],
) -> Result<Vec<usize>, MissingColumn> {
    let place = |column: &&'static str| {
        header
            .iter()
            .position(|have| have.trim_matches('"').eq_ignore_ascii_case(column))
            .ok_or_else(|| MissingColumn {
                table: table.to_owned(),
                column,
            })
    };
    wanted.iter().map(place).collect()
}
