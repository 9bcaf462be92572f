//! `openapi`: the API document on standard output.

use super::{CliError, print};
use crate::document::document;

pub(super) fn run() -> Result<(), CliError> {
    let document = document().to_pretty_json().map_err(std::io::Error::other)?;
    print(&document)
}
