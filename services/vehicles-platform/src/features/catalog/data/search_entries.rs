//! What search keeps of a release in memory.

use super::queries;
use crate::features::catalog::CatalogError;
use crate::features::catalog::domain::search::{ModelEntry, SearchIndex, YearMasks};
use crate::features::etl::LiveRelease;
use contracts::vehicles::Make;
use pg::Db;
use std::time::Duration;
use tokio_postgres::Row;

/// The search index of a release.
pub(crate) async fn search_index(db: Db, live: LiveRelease) -> Result<SearchIndex, CatalogError> {
    let sql = queries::of_release(queries::SEARCH_MODELS, &live.schema);
    let rows = db
        .with_query_timeout(Duration::from_secs(20))
        .query(&sql, &[])
        .await?;
    let years = |row: &Row, column| row.get::<_, i64>(column).cast_unsigned();
    let entry = |row: &Row| ModelEntry {
        id: row.get("id"),
        name: row.get("name"),
        make: Make {
            id: row.get("make_id"),
            name: row.get("make_name"),
        },
        years: YearMasks {
            car: years(row, "car_years"),
            mpv: years(row, "mpv_years"),
            truck: years(row, "truck_years"),
            motorcycle: years(row, "motorcycle_years"),
        },
    };
    Ok(SearchIndex::build(rows.iter().map(entry).collect()))
}
