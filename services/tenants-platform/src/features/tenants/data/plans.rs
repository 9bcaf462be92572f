//! What plans include.

use crate::features::tenants::domain::metric::Limits;
use pg::{Db, DbError, Transaction};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use utoipa::ToSchema;

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Plan {
    #[schema(example = "family")]
    pub(crate) name: String,
    #[schema(example = "Family")]
    pub(crate) title: String,
    /// Metric → limit; what is absent has none.
    pub(crate) quotas: Limits,
    /// How fast the programs of a tenant may ask, all of them together; null is as fast as they can.
    #[schema(minimum = 1, maximum = 1_000_000, example = 300)]
    pub(crate) requests_per_minute: Option<i32>,
    /// So many of them at once; null is all of them.
    #[schema(minimum = 1)]
    pub(crate) burst: Option<i32>,
    /// What it switches on.
    pub(crate) features: Vec<String>,
}

pub(crate) async fn list(db: &Db) -> Result<Vec<Plan>, DbError> {
    let rows = db
        .query(include_str!("queries/list_plans.sql"), &[])
        .await?;
    Ok(rows.iter().map(plan_of).collect())
}

pub(crate) async fn find(transaction: &Transaction, name: &str) -> Result<Option<Plan>, DbError> {
    let row = transaction
        .query_opt(include_str!("queries/find_plan.sql"), &[&name])
        .await?;
    Ok(row.as_ref().map(plan_of))
}

pub(crate) async fn put(transaction: &Transaction, plan: &Plan) -> Result<(), DbError> {
    transaction
        .execute(
            include_str!("queries/put_plan.sql"),
            &[
                &plan.name,
                &plan.title,
                &Json(&plan.quotas),
                &plan.requests_per_minute,
                &plan.burst,
                &plan.features,
            ],
        )
        .await
        .map(|_| ())
}

/// The plan of that name.
pub(crate) async fn of_name(db: &Db, name: &str) -> Result<Option<Plan>, DbError> {
    let row = db
        .query_opt(include_str!("queries/find_plan.sql"), &[&name])
        .await?;
    Ok(row.as_ref().map(plan_of))
}

fn plan_of(row: &Row) -> Plan {
    Plan {
        name: row.get("name"),
        title: row.get("title"),
        quotas: row.get::<_, Json<Limits>>("quotas").0,
        requests_per_minute: row.get("requests_per_minute"),
        burst: row.get("burst"),
        features: row.get("features"),
    }
}
