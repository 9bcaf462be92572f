//! For whom a transaction works, as row-level security reads it.

use crate::patience::Patience;
use crate::{Db, DbError, Transaction};
use deadpool_postgres::Object;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// Whose rows a transaction may touch, and as what. Policies read it by `current_setting('app.…', true)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowContext {
    /// `app.tenant_id`.
    pub tenant_id: Uuid,
    /// `app.user_id`.
    pub user_id: String,
    /// `app.role`.
    pub role: &'static str,
}

impl Db {
    /// Begins a transaction for somebody. The context ends with it: the connection's next borrower knows nothing of it.
    pub async fn begin_for(&self, context: &RowContext) -> Result<Transaction, DbError> {
        let transaction = self.begin().await?;
        let tenant = context.tenant_id.to_string();
        let sql = include_str!("set_row_context.sql");
        transaction
            .query(sql, &[&tenant, &context.user_id, &context.role])
            .await?;
        Ok(transaction)
    }

    /// Runs a query for somebody, in a transaction of its own that only reads. All of it is sent at once: one round trip.
    pub async fn query_for(
        &self,
        context: &RowContext,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, DbError> {
        let patience = Patience::of(self.query_timeout);
        let client = self.lend(&patience).await?;
        let tenant = context.tenant_id.to_string();
        let context: [&(dyn ToSql + Sync); 3] = [&tenant, &context.user_id, &context.role];
        let answer = patience.wait(self.query_timeout, async {
            let set = client
                .prepare_cached(include_str!("set_row_context.sql"))
                .await?;
            let statement = client.prepare_cached(sql).await?;
            // Each is sent when it is first polled, so this is their order; after one that failed the end undoes all.
            let (begun, told, rows, ended) = tokio::join!(
                biased;
                client.batch_execute("BEGIN READ ONLY"),
                client.query(&set, &context),
                client.query(&statement, parameters),
                client.batch_execute("COMMIT"),
            );
            begun?;
            told?;
            let rows = rows?;
            ended?;
            Ok::<_, tokio_postgres::Error>(rows)
        });
        match answer.await {
            Ok(result) => Ok(result?),
            Err(late) => {
                // The connection is in the middle of an answer: it must not be lent again.
                drop(Object::take(client));
                Err(late)
            }
        }
    }
}
