//! What can go wrong with a question to the catalogue, and what the caller is told.

use pg::DbError;
use problem::{Code, Problem};

/// A question that got no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CatalogError {
    #[error("no release has been loaded")]
    NoRelease,
    #[error("the release is not known yet, for the database has not answered since the start")]
    NotReady,
    #[error("no such make")]
    UnknownMake,
    #[error("no such model")]
    UnknownModel,
    #[error("the model is of another make")]
    ModelOfAnotherMake,
    #[error("the database gave no answer")]
    Database(#[from] DbError),
    #[error("the answer cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

impl CatalogError {
    /// Whether the release's tables have gone, because newer ones replaced it meanwhile.
    pub(crate) fn is_release_gone(&self) -> bool {
        use tokio_postgres::error::SqlState;
        let Self::Database(error) = self else {
            return false;
        };
        // Without the schema there is no right to use it either.
        [&SqlState::UNDEFINED_TABLE, &SqlState::INVALID_SCHEMA_NAME]
            .iter()
            .any(|gone| error.sql_state() == Some(*gone))
    }
}

impl From<&CatalogError> for Problem {
    fn from(error: &CatalogError) -> Self {
        match error {
            CatalogError::NoRelease => Self::new(Code::NoRelease)
                .detail("Vehicle data is loaded by `vehicles-platform etl load`.")
                .retry_after_s(10),
            CatalogError::NotReady => Self::new(Code::Unavailable)
                .detail("The vehicle data cannot be reached at the moment.")
                .retry_after_s(2),
            CatalogError::UnknownMake => Self::new(Code::NotFound)
                .detail("There is no make with this id.")
                .error("/query/make_id", "is not the id of a make"),
            CatalogError::UnknownModel => Self::new(Code::NotFound)
                .detail("There is no model with this id.")
                .error("/query/model_id", "is not the id of a model"),
            CatalogError::ModelOfAnotherMake => Self::new(Code::NotFound)
                .detail("This make has no model with this id.")
                .error("/query/model_id", "is the id of another make's model"),
            CatalogError::Database(error) => error.into(),
            CatalogError::Json(_) => Self::new(Code::Internal),
        }
    }
}
