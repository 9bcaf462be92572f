//! SQL of the ETL: the registry of releases.

pub(crate) mod registry;

/// The statements for one release's schema. `{release}` stands for its name, which is made of digits and ours.
pub(crate) fn for_schema(sql: &str, schema: &str) -> String {
    sql.replace("{release}", schema)
}
