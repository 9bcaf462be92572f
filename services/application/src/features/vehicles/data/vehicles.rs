//! The table of vehicles.

use super::rows::{Parameters, json, vehicle_of};
use crate::features::vehicles::profile::ServiceState;
use crate::features::vehicles::vehicle::{Draft, Vehicle};
use pg::{Db, DbError, RowContext, Transaction};
use std::time::Duration;
use uuid::Uuid;

/// Which vehicles.
#[derive(Debug, Default)]
pub(crate) struct Filter<'a> {
    pub(crate) state: Option<ServiceState>,
    pub(crate) archived: Option<bool>,
    pub(crate) tag: Option<&'a str>,
    pub(crate) text: Option<&'a str>,
}

/// The vehicle, also from the trash.
pub(crate) async fn find(
    db: &Db,
    context: &RowContext,
    id: Uuid,
) -> Result<Option<Vehicle>, DbError> {
    let sql = include_str!("queries/find_vehicle.sql");
    let rows = db.query_for(context, sql, &[&id]).await?;
    Ok(rows.first().map(vehicle_of))
}

/// The vehicle as a transaction sees it.
pub(crate) async fn find_in(
    transaction: &Transaction,
    id: Uuid,
) -> Result<Option<Vehicle>, DbError> {
    let sql = include_str!("queries/find_vehicle.sql");
    let row = transaction.query_opt(sql, &[&id]).await?;
    Ok(row.as_ref().map(vehicle_of))
}

/// The vehicle as it is now, kept for this transaction to change.
pub(crate) async fn lock(transaction: &Transaction, id: Uuid) -> Result<Option<Vehicle>, DbError> {
    let sql = include_str!("queries/lock_vehicle.sql");
    let row = transaction.query_opt(sql, &[&id]).await?;
    Ok(row.as_ref().map(vehicle_of))
}

/// The living vehicles, the oldest first.
pub(crate) async fn list(
    db: &Db,
    context: &RowContext,
    filter: &Filter<'_>,
    after: Option<Uuid>,
    rows: i64,
) -> Result<Vec<Vehicle>, DbError> {
    let state = filter.state.map(ServiceState::as_str);
    let sql = include_str!("queries/list_vehicles.sql");
    let found = db
        .query_for(
            context,
            sql,
            &[
                &after,
                &state,
                &filter.archived,
                &filter.tag,
                &filter.text,
                &rows,
            ],
        )
        .await?;
    Ok(found.iter().map(vehicle_of).collect())
}

/// What lies in the trash.
pub(crate) async fn list_trash(
    db: &Db,
    context: &RowContext,
    after: Option<Uuid>,
    rows: i64,
) -> Result<Vec<Vehicle>, DbError> {
    let sql = include_str!("queries/list_trash.sql");
    let found = db.query_for(context, sql, &[&after, &rows]).await?;
    Ok(found.iter().map(vehicle_of).collect())
}

pub(crate) async fn insert(
    transaction: &Transaction,
    context: &RowContext,
    id: Uuid,
    draft: &Draft,
) -> Result<Option<Vehicle>, DbError> {
    let sql = include_str!("queries/insert_vehicle.sql");
    let parameters = Parameters::of(&draft.profile);
    let (decoding, filled_in) = (draft.decoding.as_str(), json(&draft.filled_in));
    let parameters = parameters.after(&[
        &id,
        &context.tenant_id,
        &context.user_id,
        &decoding,
        &draft.decoded_from,
        &filled_in,
    ]);
    let row = transaction.query_opt(sql, &parameters).await?;
    Ok(row.as_ref().map(vehicle_of))
}

pub(crate) async fn update(
    transaction: &Transaction,
    id: Uuid,
    draft: &Draft,
) -> Result<Option<Vehicle>, DbError> {
    let sql = include_str!("queries/update_vehicle.sql");
    let parameters = Parameters::of(&draft.profile);
    let (decoding, filled_in) = (draft.decoding.as_str(), json(&draft.filled_in));
    let parameters = parameters.after(&[
        &id,
        &decoding,
        &draft.decoded_from,
        &filled_in,
        &draft.is_asked,
    ]);
    let row = transaction.query_opt(sql, &parameters).await?;
    Ok(row.as_ref().map(vehicle_of))
}

/// Into the trash, or out of it.
pub(crate) async fn set_deleted(
    transaction: &Transaction,
    id: Uuid,
    deleted: bool,
) -> Result<Option<Vehicle>, DbError> {
    let sql = include_str!("queries/set_deleted.sql");
    let row = transaction.query_opt(sql, &[&id, &deleted]).await?;
    Ok(row.as_ref().map(vehicle_of))
}

/// Which living vehicle has a VIN.
pub(crate) async fn with_vin(
    transaction: &Transaction,
    vin: &str,
) -> Result<Option<Uuid>, DbError> {
    let sql = include_str!("queries/vehicle_with_vin.sql");
    let row = transaction.query_opt(sql, &[&vin]).await?;
    Ok(row.map(|row| row.get("id")))
}

/// From here to the end of the transaction nobody else gives this VIN to a vehicle of the tenant. The index alone would do, but PostgreSQL writes to its log
/// what it refuses, the VIN included.
pub(crate) async fn lock_vin(
    transaction: &Transaction,
    tenant: Uuid,
    vin: &str,
) -> Result<(), DbError> {
    let (sql, tenant) = (include_str!("queries/lock_vin.sql"), tenant.to_string());
    transaction.query(sql, &[&tenant, &vin]).await.map(|_| ())
}

/// From here to the end of the transaction nobody else adds a vehicle to the tenant.
pub(crate) async fn lock_fleet(transaction: &Transaction, tenant: Uuid) -> Result<(), DbError> {
    let (sql, tenant) = (include_str!("queries/lock_fleet.sql"), tenant.to_string());
    transaction.query(sql, &[&tenant]).await.map(|_| ())
}

/// How many living vehicles the tenant has.
pub(crate) async fn count(transaction: &Transaction) -> Result<i64, DbError> {
    let row = transaction.query_opt(include_str!("queries/count_living.sql"), &[]);
    Ok(row.await?.map_or(0, |row| row.get(0)))
}

/// How much longer a vehicle stays in the trash; none where it is not in it. From here to the end of the transaction nobody brings it back.
pub(crate) async fn time_in_trash(
    transaction: &Transaction,
    id: Uuid,
) -> Result<Option<Duration>, DbError> {
    let sql = include_str!("queries/time_in_trash.sql");
    let row = transaction.query_opt(sql, &[&id]).await?;
    let left = row.map(|row| Duration::try_from_secs_f64(row.get("left_s")));
    Ok(left.map(Result::unwrap_or_default))
}

/// Removes a vehicle for good, with everything that belongs to it.
pub(crate) async fn purge(transaction: &Transaction, id: Uuid) -> Result<(), DbError> {
    for sql in [
        include_str!("queries/purge_readings.sql"),
        include_str!("queries/purge_instruments.sql"),
        include_str!("queries/purge_photo.sql"),
        include_str!("queries/purge_vehicle.sql"),
    ] {
        transaction.execute(sql, &[&id]).await?;
    }
    Ok(())
}
