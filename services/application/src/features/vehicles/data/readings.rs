//! The tables of readings and of instruments.

use super::rows::name_of;
use crate::decimal::{Distance, Hours};
use crate::features::vehicles::reading::{
    Counted, InstrumentKind, Reading, ReadingSource, Replacement, Settled,
};
use crate::features::vehicles::units::DistanceUnit;
use jiff::Timestamp;
use pg::{Db, DbError, RowContext, Transaction};
use rust_decimal::Decimal;
use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;

/// A reading to keep, as the table has it.
pub(crate) struct Written<'a> {
    pub(crate) at: Timestamp,
    pub(crate) distance: Option<Decimal>,
    pub(crate) unit: Option<&'static str>,
    pub(crate) hours: Option<Decimal>,
    pub(crate) total_km: Option<Decimal>,
    pub(crate) total_hours: Option<Decimal>,
    pub(crate) note: Option<&'a str>,
}

/// An instrument that took another one's place, as it is kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Instrument {
    pub(crate) id: Uuid,
    pub(crate) created_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
    #[serde(flatten)]
    #[schema(inline)]
    pub(crate) replacement: Kept,
}

/// What was replaced.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Kept {
    pub(crate) kind: InstrumentKind,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) since: Timestamp,
    pub(crate) old_value: Distance,
    pub(crate) new_value: Distance,
    pub(crate) unit: Option<DistanceUnit>,
}

/// What a reading showed, to count it anew.
pub(crate) struct Shown {
    pub(crate) id: Uuid,
    pub(crate) source: ReadingSource,
    pub(crate) at: Timestamp,
    pub(crate) distance: Option<(Distance, DistanceUnit)>,
    pub(crate) hours: Option<Hours>,
    pub(crate) total_km: Option<Decimal>,
    pub(crate) total_hours: Option<Decimal>,
}

fn reading_of(row: &Row, unit: DistanceUnit) -> Reading {
    let source: &str = row.get("source");
    let total_km: Option<Decimal> = row.get("total_km");
    Reading {
        id: row.get("id"),
        version: row.get("version"),
        created_by: row.get("user_id"),
        created_at: row.get("created_at"),
        deleted_at: row.get("deleted_at"),
        at: row.get("at"),
        source: source_of(source),
        distance: row.get::<_, Option<_>>("distance").map(Distance::rounded),
        unit: row.get::<_, Option<&str>>("unit").map(DistanceUnit::parse),
        engine_hours: row.get::<_, Option<_>>("hours").map(Hours::rounded),
        total_distance: total_km.map(|km| unit.of_km(km)),
        total_distance_km: total_km.map(Distance::rounded),
        total_engine_hours: row.get::<_, Option<_>>("total_hours").map(Hours::rounded),
        out_of_order: row.get("out_of_order"),
        note: row.get("note"),
    }
}

fn source_of(text: &str) -> ReadingSource {
    match text {
        "purchase" => ReadingSource::Purchase,
        "sale" => ReadingSource::Sale,
        "fuel" => ReadingSource::Fuel,
        "service" => ReadingSource::Service,
        "import" => ReadingSource::Import,
        "telematics" => ReadingSource::Telematics,
        _ => ReadingSource::Manual,
    }
}

/// Which readings of a vehicle.
pub(crate) struct Part {
    /// Those that were taken out and can be put back.
    pub(crate) is_out: bool,
    pub(crate) before: Option<(Timestamp, Uuid)>,
    pub(crate) rows: i64,
}

/// The readings of a vehicle, the latest first, told in `unit`.
pub(crate) async fn list(
    db: &Db,
    context: &RowContext,
    vehicle: Uuid,
    unit: DistanceUnit,
    part: &Part,
) -> Result<Vec<Reading>, DbError> {
    let sql = include_str!("queries/list_readings.sql");
    let (at, id) = part.before.unzip();
    let found = db
        .query_for(
            context,
            sql,
            &[&vehicle, &at, &id, &part.rows, &part.is_out],
        )
        .await?;
    Ok(found.iter().map(|row| reading_of(row, unit)).collect())
}

/// A reading as a transaction sees it.
pub(crate) async fn find(
    transaction: &Transaction,
    id: Uuid,
    vehicle: Uuid,
    unit: DistanceUnit,
) -> Result<Option<Reading>, DbError> {
    let sql = include_str!("queries/find_reading.sql");
    let row = transaction.query_opt(sql, &[&id, &vehicle]).await?;
    Ok(row.map(|row| reading_of(&row, unit)))
}

pub(crate) async fn insert(
    transaction: &Transaction,
    context: &RowContext,
    id: Uuid,
    vehicle: Uuid,
    written: &Written<'_>,
) -> Result<(), DbError> {
    let source = name_of(&ReadingSource::Manual);
    transaction
        .execute(
            include_str!("queries/insert_reading.sql"),
            &[
                &id,
                &context.tenant_id,
                &context.user_id,
                &vehicle,
                &written.at,
                &source,
                &written.distance,
                &written.unit,
                &written.hours,
                &written.total_km,
                &written.total_hours,
                &written.note,
            ],
        )
        .await
        .map(|_| ())
}

pub(crate) async fn update(
    transaction: &Transaction,
    id: Uuid,
    written: &Written<'_>,
) -> Result<(), DbError> {
    transaction
        .execute(
            include_str!("queries/update_reading.sql"),
            &[
                &id,
                &written.at,
                &written.distance,
                &written.unit,
                &written.hours,
                &written.total_km,
                &written.total_hours,
                &written.note,
            ],
        )
        .await
        .map(|_| ())
}

/// Takes a reading out, or puts back what was taken out in the last 30 days; false when there is none such, or it follows from something else.
pub(crate) async fn set_deleted(
    transaction: &Transaction,
    id: Uuid,
    vehicle: Uuid,
    deleted: bool,
) -> Result<bool, DbError> {
    let sql = include_str!("queries/set_reading_deleted.sql");
    Ok(transaction.execute(sql, &[&id, &vehicle, &deleted]).await? == 1)
}

/// The reading of a purchase or a sale: at this time and distance, or none.
pub(crate) async fn put_deal(
    transaction: &Transaction,
    context: &RowContext,
    vehicle: Uuid,
    source: ReadingSource,
    read: Option<(Timestamp, Distance, Decimal)>,
) -> Result<(), DbError> {
    let source = name_of(&source);
    let Some((at, distance, total_km)) = read else {
        let sql = include_str!("queries/remove_deal_reading.sql");
        return transaction
            .execute(sql, &[&vehicle, &source])
            .await
            .map(|_| ());
    };
    let (id, distance) = (Uuid::now_v7(), distance.decimal());
    transaction
        .execute(
            include_str!("queries/put_deal_reading.sql"),
            &[
                &id,
                &context.tenant_id,
                &context.user_id,
                &vehicle,
                &at,
                &source,
                &distance,
                &total_km,
            ],
        )
        .await
        .map(|_| ())
}

/// From here to the end of the transaction nobody else changes readings of this vehicle.
pub(crate) async fn lock(transaction: &Transaction, vehicle: Uuid) -> Result<(), DbError> {
    let sql = include_str!("queries/lock_readings.sql");
    let vehicle = vehicle.to_string();
    transaction.query(sql, &[&vehicle]).await.map(|_| ())
}

/// Every reading of a vehicle, in the order of their time.
pub(crate) async fn shown(transaction: &Transaction, vehicle: Uuid) -> Result<Vec<Shown>, DbError> {
    let sql = include_str!("queries/count_readings.sql");
    let rows = transaction.query(sql, &[&vehicle]).await?;
    let shown = rows.iter().map(|row| {
        let unit = row.get::<_, Option<&str>>("unit").map(DistanceUnit::parse);
        let distance = row.get::<_, Option<_>>("distance").map(Distance::rounded);
        Shown {
            id: row.get("id"),
            source: source_of(row.get("source")),
            at: row.get("at"),
            distance: distance.zip(unit),
            hours: row.get::<_, Option<_>>("hours").map(Hours::rounded),
            total_km: row.get("total_km"),
            total_hours: row.get("total_hours"),
        }
    });
    Ok(shown.collect())
}

pub(crate) async fn set_total(transaction: &Transaction, counted: &Counted) -> Result<(), DbError> {
    let sql = include_str!("queries/set_total.sql");
    transaction
        .execute(sql, &[&counted.id, &counted.km, &counted.hours])
        .await
        .map(|_| ())
}

/// Writes down what follows from all readings.
pub(crate) async fn settle(
    transaction: &Transaction,
    vehicle: Uuid,
    settled: &Settled,
) -> Result<(), DbError> {
    let doubted: Vec<Uuid> = settled.doubted.iter().copied().collect();
    let sql = include_str!("queries/settle_readings.sql");
    transaction
        .query(
            sql,
            &[&vehicle, &doubted, &settled.km, &settled.hours, &settled.at],
        )
        .await
        .map(|_| ())
}

/// Forgets what was taken out 30 days ago.
pub(crate) async fn forget_old(db: &Db) -> Result<(), DbError> {
    let sql = include_str!("queries/forget_readings.sql");
    db.query(sql, &[]).await.map(|_| ())
}

fn instrument_of(row: &Row) -> Instrument {
    let kind: &str = row.get("kind");
    Instrument {
        id: row.get("id"),
        created_by: row.get("user_id"),
        created_at: row.get("created_at"),
        replacement: Kept {
            kind: match kind {
                "hour_meter" => InstrumentKind::HourMeter,
                _ => InstrumentKind::Odometer,
            },
            since: row.get("since"),
            old_value: Distance::rounded(row.get("old_value")),
            new_value: Distance::rounded(row.get("new_value")),
            unit: row.get::<_, Option<&str>>("unit").map(DistanceUnit::parse),
        },
    }
}

impl From<&Instrument> for Replacement {
    fn from(instrument: &Instrument) -> Self {
        let kept = &instrument.replacement;
        Self {
            kind: kept.kind,
            since: kept.since,
            old_value: kept.old_value,
            new_value: kept.new_value,
            unit: kept.unit,
        }
    }
}

/// The instruments that took others' places, in the order of their time.
pub(crate) async fn instruments(
    transaction: &Transaction,
    vehicle: Uuid,
) -> Result<Vec<Instrument>, DbError> {
    let sql = include_str!("queries/list_instruments.sql");
    let rows = transaction.query(sql, &[&vehicle]).await?;
    Ok(rows.iter().map(instrument_of).collect())
}

pub(crate) async fn insert_instrument(
    transaction: &Transaction,
    context: &RowContext,
    id: Uuid,
    vehicle: Uuid,
    new: &Replacement,
) -> Result<(), DbError> {
    let kind = name_of(&new.kind);
    let unit = new.unit.map(DistanceUnit::as_str);
    let (old_value, new_value) = (new.old_value.decimal(), new.new_value.decimal());
    transaction
        .execute(
            include_str!("queries/insert_instrument.sql"),
            &[
                &id,
                &context.tenant_id,
                &context.user_id,
                &vehicle,
                &kind,
                &new.since,
                &old_value,
                &new_value,
                &unit,
            ],
        )
        .await
        .map(|_| ())
}

pub(crate) async fn delete_instrument(
    transaction: &Transaction,
    id: Uuid,
    vehicle: Uuid,
) -> Result<bool, DbError> {
    let sql = include_str!("queries/delete_instrument.sql");
    Ok(transaction.execute(sql, &[&id, &vehicle]).await? == 1)
}
