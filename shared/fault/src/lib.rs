#![doc = include_str!("../README.md")]

use pg::DbError;
use problem::{Code, Problem};
use std::error::Error;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The caller is told why.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] DbError),
    /// Something else failed.
    #[error("{0}")]
    Broken(&'static str, #[source] Box<dyn Error + Send + Sync>),
}

impl Fault {
    /// The caller's mistake in one part of the request, as a JSON pointer.
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let pointer = pointer.into();
        let code = if pointer.starts_with("/body") {
            Code::InvalidBody
        } else {
            Code::InvalidParameter
        };
        Problem::new(code)
            .detail("The request is not acceptable.")
            .error(pointer, detail)
            .into()
    }

    /// One shape for what is not there and for what the caller may not know of.
    pub fn not_found() -> Self {
        Problem::new(Code::NotFound)
            .detail("There is no such thing.")
            .into()
    }

    /// It cannot be done as things are.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Problem::new(Code::Conflict).detail(detail).into()
    }

    /// What failed, and its cause for the log.
    pub fn broken(what: &'static str, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Broken(what, cause.into())
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::Refused(Box::new(problem))
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let problem = match &fault {
            Fault::Refused(problem) => return (**problem).clone(),
            Fault::Database(error) => Self::from(error),
            Fault::Broken(..) => Self::new(Code::Internal),
        };
        // The cause goes to the log here; the problem does not carry it.
        tracing::error!(
            error = service::errors::chain(&fault),
            "a request got no answer"
        );
        problem
    }
}
