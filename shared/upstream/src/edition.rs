//! Which edition of its data a service speaks from, as far as it was heard.

use crate::attempt::Reply;
use std::sync::{Arc, PoisonError, RwLock};

/// The edition that the service last named in a header of its answers. What is kept from another one is superseded.
#[derive(Debug)]
pub struct Edition {
    header: &'static str,
    heard: RwLock<Option<Arc<str>>>,
}

impl Edition {
    /// Nothing heard yet. An empty header name means that the service names none.
    pub fn named_by(header: &'static str) -> Arc<Self> {
        Arc::new(Self {
            header,
            heard: RwLock::new(None),
        })
    }

    /// What was last heard.
    pub fn heard(&self) -> Option<Arc<str>> {
        let heard = self.heard.read().unwrap_or_else(PoisonError::into_inner);
        heard.clone()
    }

    pub(crate) fn of<'a>(&self, reply: &'a Reply) -> Option<&'a str> {
        reply.header(self.header)
    }

    /// Listens to what an answer says.
    pub fn hear(&self, reply: &Reply) {
        let Some(edition) = self.of(reply) else {
            return;
        };
        if self.heard().as_deref() == Some(edition) {
            return;
        }
        tracing::info!(
            edition,
            "the service speaks from another edition of its data"
        );
        let mut heard = self.heard.write().unwrap_or_else(PoisonError::into_inner);
        *heard = Some(edition.into());
    }

    /// Whether an answer is from another edition than the one last heard of.
    pub(crate) fn is_other(&self, edition: Option<&str>) -> bool {
        match (self.heard().as_deref(), edition) {
            (Some(heard), Some(edition)) => heard != edition,
            _ => false,
        }
    }
}
