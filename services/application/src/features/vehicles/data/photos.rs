//! The table of photos.

use crate::features::vehicles::photo::Photo;
use pg::{Db, DbError, RowContext, Transaction};
use uuid::Uuid;

pub(crate) async fn put(
    transaction: &Transaction,
    context: &RowContext,
    vehicle: Uuid,
    photo: &Photo,
) -> Result<(), DbError> {
    transaction
        .execute(
            include_str!("queries/put_photo.sql"),
            &[
                &vehicle,
                &context.tenant_id,
                &context.user_id,
                &photo.content_type,
                &photo.digest,
                &photo.bytes,
            ],
        )
        .await
        .map(|_| ())
}

pub(crate) async fn find(
    db: &Db,
    context: &RowContext,
    vehicle: Uuid,
) -> Result<Option<Photo>, DbError> {
    let sql = include_str!("queries/find_photo.sql");
    let rows = db.query_for(context, sql, &[&vehicle]).await?;
    Ok(rows.first().map(|row| Photo {
        content_type: row.get("content_type"),
        digest: row.get("digest"),
        bytes: row.get("bytes"),
    }))
}

pub(crate) async fn delete(transaction: &Transaction, vehicle: Uuid) -> Result<bool, DbError> {
    let sql = include_str!("queries/delete_photo.sql");
    Ok(transaction.execute(sql, &[&vehicle]).await? == 1)
}

/// The bytes of the tenant's photos, those of vehicles in the trash too.
pub(crate) async fn stored_bytes(transaction: &Transaction) -> Result<i64, DbError> {
    let row = transaction.query_opt(include_str!("queries/stored_bytes.sql"), &[]);
    Ok(row.await?.map_or(0, |row| row.get(0)))
}

/// How many bytes the photo of a vehicle has, and its digest.
pub(crate) async fn present(
    transaction: &Transaction,
    vehicle: Uuid,
) -> Result<Option<(i64, String)>, DbError> {
    let sql = include_str!("queries/present_photo.sql");
    let row = transaction.query_opt(sql, &[&vehicle]).await?;
    Ok(row.map(|row| (row.get("size"), row.get("digest"))))
}
