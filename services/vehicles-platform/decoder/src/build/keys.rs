//! Keys as rows, and the sets they share.

use super::BuildError;
use super::raw::Interner;
use crate::charset::CharSet;
use crate::index::Index;
use crate::index::tables::{KeyRow, KeySet};
use crate::key::{Key, precedence};
use rustc_hash::FxHashMap;

/// The positions whose characters a matched key accounts for.
pub(crate) const ACCOUNTED: [usize; 6] = [4, 5, 6, 7, 8, 11];
/// The positions that the keys of a schema allow characters for.
pub(crate) const JUDGED: std::ops::RangeInclusive<usize> = 4..=14;

/// Distinct sets of characters.
#[derive(Default)]
pub(super) struct Sets {
    places: FxHashMap<u128, u16>,
}

impl Sets {
    pub(super) fn place(&mut self, index: &mut Index, set: CharSet) -> Result<u16, BuildError> {
        if let Some(place) = self.places.get(&set.0) {
            return Ok(*place);
        }
        let place = u16::try_from(index.sets.len())
            .map_err(|_| BuildError::TooMany("sets of characters"))?;
        index.sets.push(set.0);
        self.places.insert(set.0, place);
        Ok(place)
    }
}

/// A key of the release: its row, and what it allows.
pub(super) struct CompiledKey {
    /// `None`: no VIN can match it.
    pub(super) row: Option<u32>,
    pub(super) valid: [CharSet; 11],
    /// Where a formula takes its value from: the first `#` and how many characters to the last.
    pub(super) formula: Option<(u8, u8)>,
}

/// Compiles every key; `texts` are their ids.
pub(super) fn compile(
    index: &mut Index,
    interner: &Interner,
    mut texts: Vec<u32>,
    sets: &mut Sets,
) -> Result<FxHashMap<u32, CompiledKey>, BuildError> {
    // A rank in place of two comparisons for every two candidates of an element.
    texts.sort_by_cached_key(|id| precedence(interner.text(*id)));
    let mut compiled = FxHashMap::default();
    let mut rank = 0_u32;
    let mut last = None;
    for id in texts {
        let text = interner.text(id);
        let this = Some(precedence(text));
        rank = rank.saturating_add(u32::from(last.is_some() && this != last));
        last = this;
        let key = Key::parse(text);
        let row = match &key.units {
            Some(units) => Some(add_row(index, sets, id, rank, units, &key)?),
            None => None,
        };
        let mut valid = [CharSet::default(); 11];
        for (set, position) in valid.iter_mut().zip(JUDGED) {
            *set = key.named_at(position);
        }
        let formula = formula_of(text);
        compiled.insert(
            id,
            CompiledKey {
                row,
                valid,
                formula,
            },
        );
    }
    Ok(compiled)
}

fn add_row(
    index: &mut Index,
    sets: &mut Sets,
    text: u32,
    rank: u32,
    units: &[CharSet],
    key: &Key,
) -> Result<u32, BuildError> {
    let first_set = count(index.key_sets.len(), "sets in keys")?;
    let (mut literal, mut mask) = ([0; 16], [0; 16]);
    let mut set_count = 0;
    for ((unit, set), (place, hidden)) in (0_u8..).zip(units).zip(literal.iter_mut().zip(&mut mask))
    {
        let mut members = set.sorted();
        match (members.next(), members.next()) {
            (Some(only), None) => (*place, *hidden) = (only, u8::MAX),
            _ if *set == CharSet::ALL => {}
            _ => {
                let set = sets.place(index, *set)?;
                index.key_sets.push(KeySet { unit, set });
                set_count += 1;
            }
        }
    }
    let mut named = [0; 6];
    for (place, position) in named.iter_mut().zip(ACCOUNTED) {
        *place = sets.place(index, key.named_at(position))?;
    }
    let row = count(index.keys.len(), "keys")?;
    index.keys.push(KeyRow {
        literal: u128::from_le_bytes(literal),
        mask: u128::from_le_bytes(mask),
        text,
        rank,
        first_set,
        set_count,
        units: u8::try_from(units.len()).unwrap_or(u8::MAX),
        named,
    });
    Ok(row)
}

/// vPIC matches formula patterns by LIKE, to which a bracket is a character that no VIN has.
fn formula_of(text: &str) -> Option<(u8, u8)> {
    if text.contains('[') {
        return None;
    }
    let (first, last) = (text.find('#')?, text.rfind('#')?);
    let length = last.checked_sub(first)?.checked_add(1)?;
    Some((u8::try_from(first).ok()?, u8::try_from(length).ok()?))
}

/// A place or a count as the index holds it.
pub(super) fn count(number: usize, what: &'static str) -> Result<u32, BuildError> {
    u32::try_from(number)
        .ok()
        .filter(|number| *number < 1 << 31)
        .ok_or(BuildError::TooMany(what))
}
