//! What a failure of PostgreSQL means to the caller.

use problem::{Code, Problem};
use service::secrets::SecretError;
use tokio_postgres::error::SqlState;

/// What the server said. Its `DETAIL` repeats values of the row, which have no place in a log: it is told to who asks for it.
pub struct Refusal {
    state: Option<SqlState>,
    message: String,
    detail: Option<String>,
}

impl std::fmt::Debug for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        match &self.state {
            Some(state) => write!(f, " ({})", state.code()),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<tokio_postgres::Error> for Refusal {
    fn from(error: tokio_postgres::Error) -> Self {
        let message = match error.as_db_error() {
            Some(said) => said.message().to_owned(),
            None => service::errors::chain(&error),
        };
        Self {
            state: error.code().cloned(),
            message,
            detail: error
                .as_db_error()
                .and_then(|said| said.detail())
                .map(str::to_owned),
        }
    }
}

/// A database call that gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The database cannot be reached, is starting or stopping, or has no connection to spare.
    #[error("the database is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The query took longer than it may.
    #[error("the database did not answer in time")]
    Timeout,
    /// The database refuses the statement.
    #[error("the database refused the statement")]
    Refused(#[source] Refusal),
    /// The password file is not usable.
    #[error("the database password cannot be read")]
    Password(#[from] SecretError),
    /// The file of certificate authorities is not usable.
    #[error("the certificate authorities for the database cannot be read: {0}")]
    Authorities(String),
    /// A migration failed.
    #[error("the migrations of {capsule} failed")]
    Migration {
        /// The capsule whose migrations these are.
        capsule: &'static str,
        /// What went wrong.
        source: Box<refinery::Error>,
    },
}

impl DbError {
    /// The SQLSTATE, when the server gave one.
    pub fn sql_state(&self) -> Option<&SqlState> {
        match self {
            Self::Refused(refusal) => refusal.state.as_ref(),
            _ => None,
        }
    }

    /// What the server said of the very row, where that is nobody's secret.
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => refusal.detail.as_deref(),
            _ => None,
        }
    }

    /// Whether trying again later makes sense.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Timeout)
    }
}

impl From<tokio_postgres::Error> for DbError {
    fn from(error: tokio_postgres::Error) -> Self {
        // These pass by themselves: 08 (connection), 25P03 (the transaction was ended, for we had gone quiet), 40 (it was in
        // the way of another one), 53 (resources), 57P (operator intervention). An error without a state comes from the
        // connection.
        let passing = error.code().is_none_or(|state| {
            ["08", "25P03", "40", "53", "57P"]
                .iter()
                .any(|class| state.code().starts_with(class))
        });
        if passing {
            Self::Unavailable(Box::new(error))
        } else {
            Self::Refused(error.into())
        }
    }
}

impl From<deadpool_postgres::PoolError> for DbError {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        match error {
            deadpool_postgres::PoolError::Backend(inner) => inner.into(),
            other => Self::Unavailable(Box::new(other)),
        }
    }
}

impl From<&DbError> for Problem {
    fn from(error: &DbError) -> Self {
        if error.is_passing() {
            Self::new(Code::Unavailable)
                .detail("The database is not available at the moment.")
                .retry_after_s(2)
        } else {
            Self::new(Code::Internal)
        }
    }
}
