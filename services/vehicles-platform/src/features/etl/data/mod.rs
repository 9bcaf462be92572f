//! SQL of the ETL: the registry of releases.

pub(crate) mod registry;

/// The table of the index that VINs are decoded from. Its name has the index's format: while programs of two versions run,
/// each finds its own.
pub(crate) fn vin_index_table() -> String {
    format!("vin_index_{}", vin_decoder::INDEX_FORMAT)
}

/// The statements for one release's schema. `{release}` stands for its name, which is made of digits and ours,
/// `{index}` for the table of its index.
pub(crate) fn for_schema(sql: &str, schema: &str) -> String {
    sql.replace("{release}", schema)
        .replace("{index}", &vin_index_table())
}
