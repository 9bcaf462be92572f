//! Why a command of the ETL ends without success, and the exit code that says so.

use super::validate::Report;
use pg::DbError;
use std::io;

/// A failure of the ETL.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EtlError {
    /// A load got to this step.
    #[error("failed while {step}; the live release is untouched")]
    During {
        step: &'static str,
        #[source]
        source: Box<EtlError>,
    },
    #[error("the source is not usable")]
    Source(#[from] SourceError),
    #[error("the database did not do its part{}", of_row(.0))]
    Database(#[from] DbError),
    /// PostgreSQL refused a table or its rows; `place` is table and line where it says so.
    #[error("PostgreSQL refused the rows of table {table} ({place})")]
    Rows {
        table: String,
        place: String,
        #[source]
        source: tokio_postgres::Error,
    },
    #[error("the catalogue cannot be derived")]
    Derivation(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the release is not fit to serve: {}", .0.failures().join("; "))]
    Invalid(Box<Report>),
    #[error("another load is running: {holder}")]
    Busy { holder: String },
    #[error("interrupted")]
    Interrupted,
    #[error("took longer than the {limit_s} s that it may")]
    TooSlow { limit_s: u64 },
    #[error("there is no {0}")]
    Missing(String),
    #[error("the settings of the ETL are not usable: {0}")]
    Settings(String),
    /// The other half of a load has gone; its own error says why.
    #[error("the load has stopped")]
    Stopped,
}

/// Which row it was: what is loaded is public.
fn of_row(error: &DbError) -> String {
    let detail = error.detail();
    detail.map_or_else(String::new, |detail| format!(" ({detail})"))
}

/// What is wrong with where the rows come from.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    #[error("{0} is not published")]
    NotPublished(String),
    #[error("{place} cannot be reached")]
    Unreachable {
        place: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{place} answered {status}")]
    Answered { place: String, status: u16 },
    #[error("the source cannot be read")]
    Unreadable(#[source] io::Error),
    #[error(
        "the SQL Server has a table or column with the name {0:?}; letters, digits and _ are accepted"
    )]
    Name(String),
    #[error("the source is not a dump: {0}")]
    Format(&'static str),
    #[error("the zip archive cannot be read")]
    Zip(#[source] zip::result::ZipError),
    #[error("the zip archive holds no .plain or .sql file")]
    NoDumpInZip,
    #[error("the dump ends inside the rows of table {table}: the file is cut off")]
    EndsInsideRows { table: String },
    #[error("the dump does not end as a complete one does: the file is cut off")]
    NoEndMarker,
    #[error("the dump has a line of more than 16 MB")]
    LineTooLong,
    #[error("the dump is not UTF-8")]
    NotUtf8,
    #[error("the dump is in the encoding {encoding}, not UTF-8")]
    Encoding { encoding: String },
    #[error("the dump has rows of table {table}, which it does not declare")]
    UndeclaredTable { table: String },
    #[error("the dump has rows with column {column} of table {table}, which it does not declare")]
    UndeclaredColumn { table: String, column: String },
    #[error(
        "column {column} of table {table} has the type {sql_type}, which a release may not have"
    )]
    ColumnType {
        table: String,
        column: String,
        sql_type: String,
    },
    #[error("the source lacks what the catalogue needs")]
    Unfit(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the SQL Server address is not usable: {0}")]
    MssqlAddress(String),
    #[error("the SQL Server gave no rows")]
    Mssql(#[source] tiberius::error::Error),
}

impl EtlError {
    /// Says at which step this happened, unless that is known already.
    pub(crate) fn during(self, step: &'static str) -> Self {
        match self {
            Self::During { .. } | Self::Busy { .. } => self,
            other => Self::During {
                step,
                source: Box::new(other),
            },
        }
    }

    /// What happened, without the step.
    pub(crate) fn cause(&self) -> &Self {
        match self {
            Self::During { source, .. } => source,
            other => other,
        }
    }

    /// The exit code of the process; the capsule's README lists them.
    pub(crate) fn exit_code(&self) -> u8 {
        match self.cause() {
            Self::Settings(_) => 3,
            Self::Source(
                SourceError::NotPublished(_)
                | SourceError::Unreachable { .. }
                | SourceError::Answered { .. },
            ) => 10,
            Self::Source(_) => 11,
            Self::Database(_) | Self::Rows { .. } => 12,
            Self::Derivation(_) => 13,
            Self::Invalid(_) => 14,
            Self::Busy { .. } => 15,
            Self::Missing(_) => 16,
            Self::TooSlow { .. } => 17,
            Self::Interrupted => 130,
            Self::During { .. } | Self::Stopped => 1,
        }
    }
}

impl From<tokio_postgres::Error> for EtlError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error.into())
    }
}
