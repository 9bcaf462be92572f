//! The patterns of a bundle by element, and what one of its models can meet.

use super::super::elements::{SLOTS, Slot};
use super::super::key_mask::KeyMask;
use super::super::tables::{Changed, Key, TextId};
use super::index::Index;
use super::years::{BandRank, Bundle};

/// One candidate value of an element.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) mask: &'a KeyMask,
    pub(super) value: TextId,
    key: &'a Key,
    changed: Changed,
    id: u32,
    band: BandRank,
}

impl Entry<'_> {
    /// Does vPIC prefer this to `other`, both matching? Later band, later change (none first), fewer specific
    /// characters, key text, id.
    fn beats(&self, other: &Self) -> bool {
        let order = |entry: &Self| {
            (
                entry.band,
                std::cmp::Reverse(entry.changed),
                entry.key.specific_len,
            )
        };
        order(self)
            .cmp(&order(other))
            .then_with(|| self.key.bare.cmp(&other.key.bare))
            .then(self.id.cmp(&other.id))
            .is_lt()
    }
}

/// Entries by slot.
pub(super) struct Entries<'a>([Vec<Entry<'a>>; SLOTS]);

impl<'a> Entries<'a> {
    /// All patterns of a bundle.
    pub(super) fn of(index: &Index<'a>, bundle: &Bundle) -> Self {
        let mut slots: [Vec<Entry<'a>>; SLOTS] = std::array::from_fn(|_| Vec::new());
        for &(schema, band) in &bundle.schemas {
            for row in index.schema(schema) {
                let key = usize::try_from(row.key)
                    .ok()
                    .and_then(|key| index.tables.keys.get(key));
                let Some(key) = key else { continue };
                let (Some(mask), Some(slot)) = (&key.mask, slots.get_mut(usize::from(row.slot)))
                else {
                    continue;
                };
                slot.push(Entry {
                    mask,
                    value: row.value,
                    key,
                    changed: row.changed,
                    id: row.id,
                    band,
                });
            }
        }
        Self(slots)
    }

    /// Does any pattern depend on the year's letter?
    pub(super) fn restrict_year(&self) -> bool {
        self.0
            .iter()
            .flatten()
            .any(|entry| entry.mask.restricts_year())
    }

    /// The candidates of an element.
    pub(super) fn get(&self, slot: Slot) -> &[Entry<'a>] {
        self.0.get(slot).map_or(&[], Vec::as_slice)
    }

    /// The candidates that can stand in one VIN with `mask`.
    pub(super) fn near(&self, mask: &KeyMask) -> Self {
        Self(std::array::from_fn(|slot| {
            self.get(slot)
                .iter()
                .filter(|entry| entry.mask.meets(mask))
                .copied()
                .collect()
        }))
    }

    /// The meetings of `mask` with each distinct key over one of `slots`.
    pub(super) fn carriers(&self, slots: &[Slot], mask: &KeyMask) -> Vec<KeyMask> {
        let mut keys: Vec<&KeyMask> = slots
            .iter()
            .flat_map(|&slot| self.get(slot))
            .map(|entry| entry.mask)
            .collect();
        keys.sort_unstable_by_key(|key| std::ptr::from_ref(*key).addr());
        keys.dedup_by(|one, other| std::ptr::eq(*one, *other));
        keys.into_iter()
            .filter_map(|key| mask.meeting(key))
            .collect()
    }

    /// Of the patterns of an element that cover `mask` the one vPIC prefers.
    pub(super) fn covering(&self, slot: Slot, mask: &KeyMask) -> Option<&Entry<'a>> {
        let covering = self
            .get(slot)
            .iter()
            .filter(|entry| entry.mask.covers(mask));
        covering.reduce(|best, entry| if entry.beats(best) { entry } else { best })
    }

    /// The value of an element where `meeting` holds: of the patterns that cover it the one vPIC prefers, else the
    /// only value that meets it, else unknown.
    pub(super) fn value(&self, slot: Slot, meeting: &KeyMask, index: &Index<'_>) -> TextId {
        let mut covering: Option<&Entry<'a>> = None;
        let mut only: Option<TextId> = None;
        let mut several = false;
        for entry in self.get(slot) {
            if !entry.mask.meets(meeting) {
                continue;
            }
            if entry.mask.covers(meeting) {
                if covering.is_none_or(|best| entry.beats(best)) {
                    covering = Some(entry);
                }
            } else if only.is_some_and(|value| index.alike(value) != index.alike(entry.value)) {
                several = true;
            } else {
                only = Some(entry.value);
            }
        }
        match (covering, only, several) {
            (Some(entry), _, _) => entry.value,
            (None, Some(value), false) => value,
            _ => TextId::NONE,
        }
    }
}
