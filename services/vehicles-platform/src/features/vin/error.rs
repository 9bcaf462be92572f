//! What can go wrong with a question about a VIN, and what the caller is told.

use super::domain::question::Unreadable;
use pg::DbError;
use problem::{Code, Problem};
use vin_decoder::IndexError;

/// A VIN that got no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VinError {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("no release has been loaded")]
    NoRelease,
    #[error("the release has no index that this program reads; run `vehicles-platform migrate`")]
    NoIndex,
    #[error("the index of the release cannot be used")]
    Index(#[from] IndexError),
    #[error("the database gave no answer")]
    Database(#[from] DbError),
    #[error("the answer cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error("the decoder has stopped")]
    Stopped,
}

impl From<&VinError> for Problem {
    fn from(error: &VinError) -> Self {
        match error {
            VinError::Unreadable(Unreadable { part, detail }) => {
                let code = if *part == "/body" || part.starts_with("/body/") {
                    Code::InvalidBody
                } else {
                    Code::InvalidParameter
                };
                Self::new(code)
                    .detail(detail.clone())
                    .error(*part, detail.clone())
            }
            VinError::NoRelease => Self::new(Code::NoRelease)
                .detail("Vehicle data is loaded by `vehicles-platform etl load`.")
                .retry_after_s(10),
            VinError::Database(error) => error.into(),
            VinError::NoIndex | VinError::Index(_) => Self::new(Code::Unavailable)
                .detail("VINs cannot be decoded at the moment.")
                .retry_after_s(10),
            VinError::Json(_) | VinError::Stopped => Self::new(Code::Internal),
        }
    }
}
