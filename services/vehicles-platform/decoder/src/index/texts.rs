//! Distinct texts in one piece of memory.

use super::{NONE, position};

/// Names a text.
pub(crate) type TextId = u32;

/// Texts by their ids.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    pub(crate) bytes: String,
    /// Where each text ends.
    pub(crate) ends: Vec<u32>,
}

impl Texts {
    pub(crate) fn push(&mut self, text: &str) -> TextId {
        let id = u32::try_from(self.ends.len()).unwrap_or(NONE);
        self.bytes.push_str(text);
        self.ends
            .push(u32::try_from(self.bytes.len()).unwrap_or(NONE));
        id
    }

    pub(crate) fn get(&self, id: TextId) -> Option<&str> {
        if id == NONE {
            return None;
        }
        let end = self.ends.get(position(id))?;
        let before = id.checked_sub(1).and_then(|id| self.ends.get(position(id)));
        self.bytes
            .get(position(before.copied().unwrap_or(0))..position(*end))
    }
}
