//! Answering a question: the list, sorted, as JSON.

use super::{configurations, queries};
use crate::features::catalog::CatalogError;
use crate::features::catalog::domain::natural_order;
use crate::features::catalog::domain::question::{ModelYear, Picked, Question, Side};
use crate::features::catalog::domain::vehicle_types::VehicleTypes;
use crate::features::etl::LiveRelease;
use contracts::List;
use contracts::vehicles::{Configuration, Make, Model, Year};
use pg::Db;
use serde::Serialize;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// One release of one database.
pub(crate) struct Source<'a> {
    db: &'a Db,
    release: &'a LiveRelease,
}

impl Source<'_> {
    pub(super) async fn query(
        &self,
        statement: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, CatalogError> {
        let sql = queries::of_release(statement, &self.release.schema);
        Ok(self.db.query(&sql, parameters).await?)
    }
}

/// The answer to a question, out of one release.
pub(crate) async fn answer(
    db: &Db,
    release: &LiveRelease,
    question: Question,
) -> Result<Vec<u8>, CatalogError> {
    let source = Source { db, release };
    match question {
        Question::Years { types } => json(years(&source, types).await?),
        Question::Makes { year, types } => json(makes(&source, year, types).await?),
        Question::Models {
            year,
            make_id,
            types,
        } => json(models(&source, year, make_id, types).await?),
        Question::Of { side, model } => one_side(side, carried(&source, model).await?),
    }
}

/// One side of the configurations that go with what was picked, out of all of them as [`answer`] gave them.
pub(crate) fn narrowed(
    configurations: &[u8],
    side: Side,
    picked: Picked,
) -> Result<Vec<u8>, CatalogError> {
    let mut rows: List<Configuration> = serde_json::from_slice(configurations)?;
    rows.data.retain(|row| configurations::fits(row, picked));
    one_side(side, rows.data)
}

fn one_side(side: Side, rows: Vec<Configuration>) -> Result<Vec<u8>, CatalogError> {
    match side {
        Side::Trims => json(configurations::trims(rows)),
        Side::Engines => json(configurations::engines(rows)),
        Side::Transmissions => json(configurations::transmissions(rows)),
        Side::Configurations => json(configurations::all(rows)),
    }
}

fn json<T: Serialize>(items: Vec<T>) -> Result<Vec<u8>, CatalogError> {
    Ok(serde_json::to_vec(&List::complete(items))?)
}

async fn years(source: &Source<'_>, types: VehicleTypes) -> Result<Vec<Year>, CatalogError> {
    let rows = source.query(queries::YEARS, &[&types.bits()]).await?;
    let year = |row: &Row| {
        let id = row.get::<_, i16>("year").unsigned_abs();
        Year {
            id,
            name: id.to_string(),
        }
    };
    Ok(rows.iter().map(year).collect())
}

async fn makes(
    source: &Source<'_>,
    year: i16,
    types: VehicleTypes,
) -> Result<Vec<Make>, CatalogError> {
    let rows = source
        .query(queries::MAKES, &[&year, &types.bits()])
        .await?;
    let make = |row: &Row| Make {
        id: row.get("id"),
        name: row.get("name"),
    };
    let mut makes: Vec<Make> = rows.iter().map(make).collect();
    makes.sort_by(|a, b| natural_order::compare(&a.name, &b.name).then(a.id.cmp(&b.id)));
    Ok(makes)
}

async fn models(
    source: &Source<'_>,
    year: i16,
    make_id: i32,
    types: VehicleTypes,
) -> Result<Vec<Model>, CatalogError> {
    let rows = source
        .query(queries::MODELS, &[&year, &make_id, &types.bits()])
        .await?;
    if rows.is_empty()
        && source
            .query(queries::MAKE_EXISTS, &[&make_id])
            .await?
            .is_empty()
    {
        return Err(CatalogError::UnknownMake);
    }
    let model = |row: &Row| Model {
        id: row.get("id"),
        name: row.get("name"),
        vehicle_types: VehicleTypes::from_bits(row.get("vehicle_types")).list(),
    };
    let mut models: Vec<Model> = rows.iter().map(model).collect();
    models.sort_by(|a, b| natural_order::compare(&a.name, &b.name).then(a.id.cmp(&b.id)));
    Ok(models)
}

async fn carried(
    source: &Source<'_>,
    model: ModelYear,
) -> Result<Vec<Configuration>, CatalogError> {
    let known = source
        .query(queries::MAKE_OF_MODEL, &[&model.model_id])
        .await?;
    let make = known.first().map(|row| row.get::<_, i32>("make_id"));
    match make {
        Some(make_id) if make_id == model.make_id => {}
        Some(_) => return Err(CatalogError::ModelOfAnotherMake),
        None => return Err(CatalogError::UnknownModel),
    }
    let rows = source
        .query(queries::CONFIGURATIONS, &[&model.year, &model.model_id])
        .await?;
    Ok(rows.iter().map(configurations::read).collect())
}
