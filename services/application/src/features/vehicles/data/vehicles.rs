//! The table of vehicles.

use super::rows::{Parameters, vehicle_of};
use crate::features::vehicles::profile::{Profile, ServiceState};
use crate::features::vehicles::vehicle::{DecodingStatus, Vehicle};
use pg::{Db, DbError, RowContext, Transaction};
use uuid::Uuid;

/// Which vehicles.
#[derive(Debug, Default)]
pub(crate) struct Filter<'a> {
    pub(crate) state: Option<ServiceState>,
    pub(crate) archived: Option<bool>,
    pub(crate) tag: Option<&'a str>,
    pub(crate) text: Option<&'a str>,
}

/// A vehicle to keep, with what became of its VIN.
pub(crate) struct Written<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) decoding: DecodingStatus,
    pub(crate) decoded_from: Option<&'a str>,
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
    written: &Written<'_>,
) -> Result<Option<Vehicle>, DbError> {
    let sql = include_str!("queries/insert_vehicle.sql");
    let parameters = Parameters::of(written.profile);
    let decoding = written.decoding.as_str();
    let parameters = parameters.after(&[
        &id,
        &context.tenant_id,
        &context.user_id,
        &decoding,
        &written.decoded_from,
    ]);
    let row = transaction.query_opt(sql, &parameters).await?;
    Ok(row.as_ref().map(vehicle_of))
}

pub(crate) async fn update(
    transaction: &Transaction,
    id: Uuid,
    written: &Written<'_>,
) -> Result<Option<Vehicle>, DbError> {
    let sql = include_str!("queries/update_vehicle.sql");
    let parameters = Parameters::of(written.profile);
    let decoding = written.decoding.as_str();
    let parameters = parameters.after(&[&id, &decoding, &written.decoded_from]);
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

/// Removes a vehicle for good, with everything that belongs to it, once its time in the trash is over.
pub(crate) async fn purge(transaction: &Transaction, id: Uuid) -> Result<bool, DbError> {
    for sql in [
        include_str!("queries/purge_readings.sql"),
        include_str!("queries/purge_instruments.sql"),
        include_str!("queries/purge_photo.sql"),
    ] {
        transaction.execute(sql, &[&id]).await?;
    }
    let sql = include_str!("queries/purge_vehicle.sql");
    Ok(transaction.execute(sql, &[&id]).await? == 1)
}
