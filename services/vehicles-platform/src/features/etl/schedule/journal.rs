//! What the schedule remembers in the database, so that a process that starts knows what it missed.

use super::super::data::registry::{LIST_RELEASES, ReleaseRow, read_release};
use super::super::{Etl, EtlError};
use jiff::Timestamp;
use pg::{DatabaseSettings, Db, DbError};

/// One for the registry, one for health.
const CONNECTIONS: usize = 2;

/// How a time of the schedule came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RunResult {
    Loaded,
    NothingNew,
    Failed,
}

impl RunResult {
    fn name(self) -> &'static str {
        match self {
            Self::Loaded => "loaded",
            Self::NothingNew => "nothing_new",
            Self::Failed => "failed",
        }
    }
}

/// Remembers how loads came out. Tests bring their own.
pub(super) trait Record {
    /// Whether the source was looked at since then, by whomever.
    async fn looked_since(&self, since: Timestamp) -> Result<bool, EtlError>;
    async fn record(&self, result: RunResult) -> Result<(), EtlError>;
}

/// The schedule's own few connections.
#[derive(Clone)]
pub(super) struct Journal(Db);

impl Journal {
    pub(super) fn new(etl: &Etl) -> Result<Self, EtlError> {
        let settings = DatabaseSettings {
            max_connections: CONNECTIONS,
            ..etl.database.clone()
        };
        Ok(Self(Db::new(&settings, "mvp-etl-schedule")?))
    }

    pub(super) async fn ping(&self) -> Result<(), DbError> {
        self.0.ping().await
    }

    pub(super) async fn live_release(&self) -> Result<Option<ReleaseRow>, EtlError> {
        let rows = self.0.query(LIST_RELEASES, &[]).await?;
        let mut releases = rows.iter().map(read_release);
        Ok(releases.find(|release| release.state == "live"))
    }
}

impl Record for Journal {
    async fn looked_since(&self, since: Timestamp) -> Result<bool, EtlError> {
        let sql = include_str!("../data/queries/looked_since.sql");
        let row = self.0.query_opt(sql, &[&since.to_string()]).await?;
        Ok(row.is_some_and(|row| row.get("looked")))
    }

    async fn record(&self, result: RunResult) -> Result<(), EtlError> {
        let sql = include_str!("../data/queries/record_scheduled_run.sql");
        self.0.query(sql, &[&result.name()]).await?;
        Ok(())
    }
}
