//! The capsules of this service, and what each brings along.

pub(crate) mod activity;
pub(crate) mod deferred;
pub(crate) mod idempotency;
pub(crate) mod platform_data;
pub(crate) mod usage;
pub(crate) mod vehicles;

use crate::tenancy::Tenancy;
use deferred::{Claimed, Undone};
use pg::{Db, DbError, Migration, Transaction};
use platform_data::PlatformData;
use usage::Used;
use utoipa_actix_web::service_config::ServiceConfig;

/// Every route.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.configure(platform_data::routes);
    config.configure(vehicles::routes);
    config.configure(activity::routes);
}

/// Every capsule that keeps something, with its migrations.
pub(crate) fn migrations() -> Vec<(&'static str, Vec<Migration>)> {
    vec![
        (activity::CAPSULE, activity::migrations()),
        (idempotency::CAPSULE, idempotency::migrations()),
        (deferred::CAPSULE, deferred::migrations()),
        (vehicles::CAPSULE, vehicles::migrations()),
    ]
}

/// Does what was put off, by its kind.
pub(crate) async fn work(
    db: &Db,
    platform: &PlatformData,
    tenancy: &Tenancy,
    claimed: &Claimed,
) -> Result<(), Undone> {
    match claimed.kind.as_str() {
        vehicles::DECODE => vehicles::decode_later(db, platform, claimed).await,
        usage::REPORT => usage::report_later(db, tenancy, claimed).await,
        vehicles::PURGE => vehicles::purge_later(db, claimed).await,
        // A newer program queued it; its own workers know what it is.
        _ => Err(Undone::Away(None)),
    }
}

/// What the tenant of a transaction uses of its plan, over all capsules.
pub(crate) async fn count_used(transaction: &Transaction) -> Result<Used, DbError> {
    Ok(Used {
        vehicles: vehicles::count(transaction).await?,
        storage_bytes: vehicles::stored_bytes(transaction).await?,
    })
}
