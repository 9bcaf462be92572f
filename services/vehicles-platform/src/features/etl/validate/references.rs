//! Do the rows of a release refer to rows that are there?

use super::Check;
use crate::features::etl::EtlError;
use crate::features::etl::data::for_schema;
use tokio_postgres::Client;

pub(super) async fn check(client: &Client, schema: &str) -> Result<Vec<Check>, EtlError> {
    let sql = for_schema(
        include_str!("../data/queries/broken_references.sql"),
        schema,
    );
    let rows = client.query(&sql, &[]).await?;
    Ok(rows
        .iter()
        .map(|row| {
            let (reference, broken): (&str, i64) = (row.get("reference"), row.get("broken"));
            let detail = format!("{broken} rows refer to nothing");
            Check::new(reference, broken == 0, detail)
        })
        .collect())
}
