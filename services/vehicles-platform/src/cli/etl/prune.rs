//! `etl prune`

use super::print;
use crate::cli::CliError;
use crate::features::etl::{self, Etl};

pub(super) async fn run(etl: &Etl) -> Result<(), CliError> {
    let removed = etl::prune(etl).await?;
    if removed.is_empty() {
        return print("nothing to remove");
    }
    for (id, month) in removed {
        print(&format!("release {id} of {month} is removed"))?;
    }
    Ok(())
}
