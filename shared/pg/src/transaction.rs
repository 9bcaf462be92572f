//! Several statements that take effect together or not at all.

use crate::patience::Patience;
use crate::{Db, DbError};
use deadpool_postgres::Object;
use std::time::Duration;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// How long the server may take to undo a transaction before its connection is given up.
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(1);

/// A transaction. Dropped without [`Transaction::commit`], it is undone.
pub struct Transaction {
    /// `None` once it has ended, or when its connection is in the middle of an answer.
    client: Option<Object>,
    query_timeout: Duration,
}

impl Db {
    /// Begins a transaction.
    pub async fn begin(&self) -> Result<Transaction, DbError> {
        let patience = Patience::of(self.query_timeout);
        let client = self.lend(&patience).await?;
        let transaction = Transaction {
            client: Some(client),
            query_timeout: self.query_timeout,
        };
        transaction.command("BEGIN", patience).await?;
        Ok(transaction)
    }
}

impl Transaction {
    /// Runs a query. The statement is prepared once a connection.
    pub async fn query(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, DbError> {
        let client = self.client()?;
        let answer = async {
            let statement = client.prepare_cached(sql).await?;
            client.query(&statement, parameters).await
        };
        let patience = Patience::of(self.query_timeout);
        Ok(patience.wait(self.query_timeout, answer).await??)
    }

    /// Runs a query that gives one row or none.
    pub async fn query_opt(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, DbError> {
        Ok(self.query(sql, parameters).await?.into_iter().next())
    }

    /// Runs a statement and says how many rows it touched.
    pub async fn execute(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, DbError> {
        let client = self.client()?;
        let answer = async {
            let statement = client.prepare_cached(sql).await?;
            client.execute(&statement, parameters).await
        };
        let patience = Patience::of(self.query_timeout);
        Ok(patience.wait(self.query_timeout, answer).await??)
    }

    /// Makes it all take effect. After an error it is not known whether it did.
    pub async fn commit(mut self) -> Result<(), DbError> {
        let outcome = self
            .command("COMMIT", Patience::of(self.query_timeout))
            .await;
        if let Some(client) = self.client.take()
            && outcome.is_err()
        {
            drop(Object::take(client));
        }
        outcome
    }

    async fn command(&self, sql: &str, patience: Patience) -> Result<(), DbError> {
        let answer = self.client()?.batch_execute(sql);
        Ok(patience.wait(self.query_timeout, answer).await??)
    }

    fn client(&self) -> Result<&Object, DbError> {
        self.client.as_ref().ok_or(DbError::Timeout)
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(client) = self.client.take() else {
            return;
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            drop(Object::take(client));
            return;
        };
        // A connection is lent again only when it is known to be out of the transaction.
        runtime.spawn(async move {
            let undone = tokio::time::timeout(ROLLBACK_TIMEOUT, client.batch_execute("ROLLBACK"));
            if !matches!(undone.await, Ok(Ok(()))) {
                drop(Object::take(client));
            }
        });
    }
}
