//! `openapi`: the API document on standard output.

use super::{CliError, print};
use crate::features::catalog;

pub(super) fn run() -> Result<(), CliError> {
    let document = catalog::document()
        .to_pretty_json()
        .map_err(std::io::Error::other)?;
    print(&document)
}
