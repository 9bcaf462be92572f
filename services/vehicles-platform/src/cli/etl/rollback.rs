//! `etl rollback`

use super::print;
use crate::cli::CliError;
use crate::features::etl::{self, Etl};

pub(super) async fn run(etl: &Etl) -> Result<(), CliError> {
    let release = etl::rollback(etl).await?;
    print(&format!(
        "release {} of {} is live again",
        release.id, release.month
    ))
}
