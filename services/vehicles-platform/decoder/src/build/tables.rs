//! Which tables and columns decoding needs.

use super::BuildError;

/// A vPIC table that decoding needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    Pattern,
    VinSchema,
    WmiVinSchema,
    Wmi,
    WmiMake,
    Make,
    Model,
    MakeModel,
    Manufacturer,
    VehicleType,
    Element,
    EngineModel,
    EngineModelPattern,
    SpecSchema,
    SpecModel,
    SpecYear,
    SpecGroup,
    SpecPattern,
    DefaultValue,
    Conversion,
    ErrorCode,
    VinException,
    /// Any other table of ids and names.
    Lookup,
}

const ID_NAME: &[&str] = &["id", "name"];

/// vPIC's name and the columns that are read, in the order that [`Row`] counts them.
const WANTED: [(Table, &str, &[&str]); 22] = [
    (
        Table::Pattern,
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
    (Table::VinSchema, "vinschema", &["id", "tobeqced"]),
    (
        Table::WmiVinSchema,
        "wmi_vinschema",
        &["wmiid", "vinschemaid", "yearfrom", "yearto"],
    ),
    (
        Table::Wmi,
        "wmi",
        &[
            "id",
            "wmi",
            "manufacturerid",
            "vehicletypeid",
            "trucktypeid",
            "publicavailabilitydate",
            "createdon",
            "updatedon",
        ],
    ),
    (Table::WmiMake, "wmi_make", &["wmiid", "makeid"]),
    (Table::Make, "make", ID_NAME),
    (Table::Model, "model", ID_NAME),
    (Table::MakeModel, "make_model", &["makeid", "modelid"]),
    (Table::Manufacturer, "manufacturer", ID_NAME),
    (Table::VehicleType, "vehicletype", ID_NAME),
    (
        Table::Element,
        "element",
        &[
            "id",
            "name",
            "code",
            "lookuptable",
            "isprivate",
            "groupname",
            "datatype",
            "decode",
            "weight",
        ],
    ),
    (Table::EngineModel, "enginemodel", ID_NAME),
    (
        Table::EngineModelPattern,
        "enginemodelpattern",
        &[
            "enginemodelid",
            "elementid",
            "attributeid",
            "createdon",
            "updatedon",
        ],
    ),
    (
        Table::SpecSchema,
        "vehiclespecschema",
        &["id", "makeid", "vehicletypeid", "tobeqced"],
    ),
    (
        Table::SpecModel,
        "vehiclespecschema_model",
        &["vehiclespecschemaid", "modelid"],
    ),
    (
        Table::SpecYear,
        "vehiclespecschema_year",
        &["vehiclespecschemaid", "year"],
    ),
    (Table::SpecGroup, "vspecschemapattern", &["id", "schemaid"]),
    (
        Table::SpecPattern,
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
    (
        Table::DefaultValue,
        "defaultvalue",
        &[
            "elementid",
            "vehicletypeid",
            "defaultvalue",
            "createdon",
            "updatedon",
        ],
    ),
    (
        Table::Conversion,
        "conversion",
        &["id", "fromelementid", "toelementid", "formula"],
    ),
    (
        Table::ErrorCode,
        "errorcode",
        &["id", "name", "weight", "additionalerrortext"],
    ),
    (Table::VinException, "vinexception", &["vin", "checkdigit"]),
];

impl Table {
    /// The table of a name; any table with ids and names may be looked up in.
    pub(super) fn find(name: &str, columns: &[String]) -> Option<Self> {
        let known = WANTED.iter().find(|(_, wanted, _)| *wanted == name);
        let has = |column: &str| columns.iter().any(|have| is_named(have, column));
        known
            .map(|(table, ..)| *table)
            .or_else(|| (has("id") && has("name")).then_some(Self::Lookup))
    }

    pub(super) fn all() -> impl Iterator<Item = (Self, &'static str)> {
        WANTED.iter().map(|(table, name, _)| (*table, *name))
    }

    fn entry(self) -> (&'static str, &'static [&'static str]) {
        let entry = WANTED.iter().find(|(table, ..)| *table == self);
        entry.map_or(("a look-up table", ID_NAME), |(_, name, columns)| {
            (*name, *columns)
        })
    }

    pub(super) fn places(self, name: &str, header: &[String]) -> Result<Vec<usize>, BuildError> {
        let place = |column: &&'static str| {
            let place = header.iter().position(|have| is_named(have, column));
            place.ok_or_else(|| BuildError::MissingColumn {
                table: name.to_owned(),
                column,
            })
        };
        self.entry().1.iter().map(place).collect()
    }
}

fn is_named(have: &str, column: &str) -> bool {
    have.trim_matches('"').eq_ignore_ascii_case(column)
}

/// The wanted fields of a row, by their number in `WANTED`.
pub(super) struct Row<'a> {
    pub(super) table: Table,
    places: &'a [usize],
    fields: &'a [Option<&'a str>],
}

impl<'a> Row<'a> {
    pub(super) fn new(table: Table, places: &'a [usize], fields: &'a [Option<&'a str>]) -> Self {
        Self {
            table,
            places,
            fields,
        }
    }

    pub(super) fn bad(&self, number: usize) -> BuildError {
        let (table, columns) = self.table.entry();
        let column = columns.get(number).copied().unwrap_or("?");
        BuildError::BadRow { table, column }
    }

    /// A field that may be NULL.
    pub(super) fn optional(&self, number: usize) -> Option<&'a str> {
        let place = self.places.get(number)?;
        self.fields.get(*place).copied().flatten()
    }

    pub(super) fn text(&self, number: usize) -> Result<&'a str, BuildError> {
        self.optional(number).ok_or_else(|| self.bad(number))
    }

    pub(super) fn number<T: std::str::FromStr>(&self, number: usize) -> Result<T, BuildError> {
        let parsed = self.text(number)?.parse();
        parsed.map_err(|_| self.bad(number))
    }

    /// A number that may be NULL, or a placeholder below zero.
    pub(super) fn optional_number<T: std::str::FromStr>(
        &self,
        number: usize,
    ) -> Result<Option<T>, BuildError> {
        match self.optional(number) {
            None => Ok(None),
            Some(text) if text.starts_with('-') => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|_| self.bad(number)),
        }
    }

    pub(super) fn is_true(&self, number: usize) -> bool {
        matches!(self.optional(number), Some("t" | "true" | "1"))
    }

    /// Microseconds since 1970 of "updated", else of "created"; `None` where both are NULL.
    pub(super) fn changed(
        &self,
        created: usize,
        updated: usize,
    ) -> Result<Option<i64>, BuildError> {
        let number = if self.optional(updated).is_some() {
            updated
        } else {
            created
        };
        self.timestamp(number)
    }

    pub(super) fn timestamp(&self, number: usize) -> Result<Option<i64>, BuildError> {
        match self.optional(number) {
            None => Ok(None),
            Some(text) => micros(text).map(Some).ok_or_else(|| self.bad(number)),
        }
    }
}

/// `2015-03-04 10:03:54.63`, without a time zone, in microseconds since 1970.
fn micros(text: &str) -> Option<i64> {
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    let (hour, minute, second) = (part(11, 13)?, part(14, 16)?, part(17, 19)?);
    let fraction = text.get(20..).unwrap_or_default();
    let fraction = format!("{fraction:0<6}").get(..6)?.parse::<i64>().ok()?;
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some(seconds * 1_000_000 + fraction)
}

/// Days since 1970 of a date of the Gregorian calendar (Howard Hinnant's `days_from_civil`).
pub(crate) fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_microseconds() {
        assert_eq!(micros("1970-01-01 00:00:00"), Some(0));
        assert_eq!(micros("2000-03-01 00:00:00.5"), Some(951_868_800_500_000));
        assert_eq!(
            micros("2015-03-04 10:03:54.63"),
            Some(1_425_463_434_630_000)
        );
        assert_eq!(micros("yesterday"), None);
    }

    #[test]
    fn columns_are_found_by_name_in_any_order() {
        let header = ["NAME", "\"ID\"", "more"].map(str::to_owned);
        assert_eq!(Table::find("turbo", &header), Some(Table::Lookup));
        assert_eq!(Table::Lookup.places("turbo", &header), Ok(vec![1, 0]));
        assert_eq!(Table::find("orgs", &["id".to_owned()]), None);
        let error = Table::Make.places("make", &["id".to_owned()]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "table make of this release has no column name"
        );
    }
}
