//! What plans include.

use crate::features::tenants::domain::metric::Limits;
use crate::features::tenants::domain::plan::Plan;
use pg::{Db, DbError, Transaction};
use tokio_postgres::Row;
use tokio_postgres::types::Json;

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
