//! The registered keys, and what plans have of them.

use crate::features::configuration::domain::key::{Key, Scope};
use pg::{Db, DbError, Transaction};
use serde_json::Value;
use std::collections::BTreeMap;
use tokio_postgres::Row;

pub(crate) async fn list(db: &Db) -> Result<Vec<Key>, DbError> {
    let rows = db.query(include_str!("queries/list_keys.sql"), &[]).await?;
    Ok(rows.iter().map(key_of).collect())
}

/// The keys as a change sees them; none is changed meanwhile.
pub(crate) async fn list_in(transaction: &Transaction) -> Result<Vec<Key>, DbError> {
    let rows = transaction
        .query(include_str!("queries/lock_keys.sql"), &[])
        .await?;
    Ok(rows.iter().map(key_of).collect())
}

/// The keys, to be changed, or what plans have of them: no two such changes go on at once.
pub(crate) async fn list_to_change(transaction: &Transaction) -> Result<Vec<Key>, DbError> {
    let sql = include_str!("queries/revise.sql");
    transaction.execute(sql, &[]).await?;
    list_in(transaction).await
}

pub(crate) async fn put(transaction: &Transaction, key: &Key) -> Result<(), DbError> {
    transaction
        .execute(
            include_str!("queries/put_key.sql"),
            &[
                &key.name,
                &key.description,
                &key.schema,
                &key.default,
                &key.scope.as_str(),
                &key.secret,
            ],
        )
        .await
        .map(|_| ())
}

/// What a plan has, by key.
pub(crate) async fn of_plan(db: &Db, plan: &str) -> Result<BTreeMap<String, Value>, DbError> {
    let rows = db
        .query(include_str!("queries/plan_values.sql"), &[&plan])
        .await?;
    Ok(rows
        .iter()
        .map(|row| (row.get("key"), row.get("value")))
        .collect())
}

/// What plans have of a key, with the plan's name.
pub(crate) async fn of_plans(
    transaction: &Transaction,
    key: &str,
) -> Result<Vec<(String, Value)>, DbError> {
    let rows = transaction
        .query(include_str!("queries/values_of_plans.sql"), &[&key])
        .await?;
    Ok(rows
        .iter()
        .map(|row| (row.get("plan"), row.get("value")))
        .collect())
}

/// Sets what a plan has of a key, or, without a value, takes it away.
pub(crate) async fn set_of_plan(
    transaction: &Transaction,
    plan: &str,
    key: &str,
    value: Option<&Value>,
) -> Result<(), DbError> {
    let done = if let Some(value) = value {
        let sql = include_str!("queries/put_plan_value.sql");
        transaction.execute(sql, &[&plan, &key, value]).await
    } else {
        let sql = include_str!("queries/delete_plan_value.sql");
        transaction.execute(sql, &[&plan, &key]).await
    };
    done.map(|_| ())
}

fn key_of(row: &Row) -> Key {
    Key {
        name: row.get("name"),
        description: row.get("description"),
        schema: row.get("schema"),
        default: row.get("default_value"),
        scope: if row.get::<_, &str>("scope") == "tenant" {
            Scope::Tenant
        } else {
            Scope::Platform
        },
        secret: row.get("secret"),
    }
}
