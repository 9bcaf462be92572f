//! Distinct texts, each named by a small number.
#![expect(
    clippy::indexing_slicing,
    reason = "an id is only ever handed out for a stored text"
)]

use std::sync::Arc;

use rustc_hash::FxHashMap;

/// Names one text of one [`Texts`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct TextId(u32);

impl TextId {
    /// No text.
    pub(crate) const NONE: Self = Self(u32::MAX);

    /// The id, unless it is [`TextId::NONE`].
    pub(crate) fn known(self) -> Option<Self> {
        (self != Self::NONE).then_some(self)
    }

    /// Where the text stands in [`Texts::iter`].
    pub(crate) fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// An append-only set of texts.
#[derive(Default)]
pub(crate) struct Texts {
    ids: FxHashMap<Arc<str>, TextId>,
    texts: Vec<Arc<str>>,
}

impl Texts {
    /// The id of `text`, new or known.
    pub(crate) fn intern(&mut self, text: &str) -> TextId {
        if let Some(&id) = self.ids.get(text) {
            return id;
        }
        let id = TextId(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        let text: Arc<str> = text.into();
        self.texts.push(Arc::clone(&text));
        self.ids.insert(text, id);
        id
    }

    /// The text of an id.
    pub(crate) fn get(&self, id: TextId) -> &str {
        &self.texts[id.index()]
    }

    /// Every id, in order.
    pub(crate) fn ids(&self) -> impl Iterator<Item = TextId> + use<> {
        (0..u32::try_from(self.texts.len()).unwrap_or(u32::MAX)).map(TextId)
    }

    /// Every text, in id order.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.texts.iter().map(AsRef::as_ref)
    }
}
