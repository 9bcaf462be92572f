//! `etl schedule`

use crate::cli::CliError;
use crate::features::etl::{self, Etl};
use crate::settings::SERVICE;

pub(super) async fn run(etl: &Etl) -> Result<(), CliError> {
    let telemetry = service::telemetry::init(SERVICE, env!("CARGO_PKG_VERSION"))?;
    Box::pin(etl::run_schedule(
        etl,
        telemetry,
        service::shutdown::signal(),
    ))
    .await?;
    Ok(())
}
