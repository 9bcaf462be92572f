//! What is to be written down, and who did it.

use serde::Serialize;
use serde_json::Value;
use std::fmt::Display;
use uuid::Uuid;

/// Who did it.
#[derive(Debug, Clone, Default)]
pub struct By {
    /// The program.
    pub consumer: String,
    /// The person it acted for.
    pub actor: Option<String>,
    /// The request in which it happened.
    pub request_id: Option<String>,
}

/// One thing that was done.
#[derive(Debug, Clone)]
pub struct Note {
    /// What was done, for example `tenant.suspended`.
    pub action: &'static str,
    /// Whose change it is; `None` for one of the installation.
    pub tenant: Option<Uuid>,
    /// What it was done to.
    pub subject: String,
    /// How it was. No secret belongs in it.
    pub before: Option<Value>,
    /// How it became. No secret belongs in it.
    pub after: Option<Value>,
}

impl Note {
    /// `tenant`: whose change it is; `None` for one of the installation.
    pub fn new(
        action: &'static str,
        tenant: impl Into<Option<Uuid>>,
        subject: impl Display,
    ) -> Self {
        Self {
            action,
            tenant: tenant.into(),
            subject: subject.to_string(),
            before: None,
            after: None,
        }
    }

    /// Adds how it was.
    #[must_use]
    pub fn before(mut self, before: &impl Serialize) -> Self {
        self.before = serde_json::to_value(before).ok();
        self
    }

    /// Adds how it became.
    #[must_use]
    pub fn after(mut self, after: &impl Serialize) -> Self {
        self.after = serde_json::to_value(after).ok();
        self
    }
}
