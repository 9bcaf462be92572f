//! The statements, each for one release.

/// Every statement of the capsule, so that a test can prepare each.
#[cfg(test)]
pub(crate) const ALL: [&str; 7] = [
    YEARS,
    MAKES,
    MAKE_EXISTS,
    MAKE_OF_MODEL,
    MODELS,
    CONFIGURATIONS,
    SEARCH_MODELS,
];

pub(super) const YEARS: &str = include_str!("queries/years.sql");
pub(super) const MAKES: &str = include_str!("queries/makes.sql");
pub(super) const MAKE_EXISTS: &str = include_str!("queries/make_exists.sql");
pub(super) const MAKE_OF_MODEL: &str = include_str!("queries/make_of_model.sql");
pub(super) const MODELS: &str = include_str!("queries/models.sql");
pub(super) const CONFIGURATIONS: &str = include_str!("queries/configurations.sql");
pub(super) const SEARCH_MODELS: &str = include_str!("queries/search_models.sql");

/// The statement for one release. The schema's name is made of the release's number and can hold nothing else.
pub(crate) fn of_release(statement: &str, schema: &str) -> String {
    statement.replace("{release}", schema)
}
