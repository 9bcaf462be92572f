//! Trims met while deriving: case twins are one, and lists under one key are known by their parts.

use rustc_hash::FxHashMap;

use super::super::catalog::TrimRow;
use super::super::elements::{TRIM, TRIM_2};
use super::super::tables::TextId;
use super::ids::{IdCollision, folded, ids_of, squeezed};
use super::index::Index;
use super::names::{list_parts, trim_name};

struct Named {
    folded: String,
    name: String,
    /// Patterns that spell it so.
    spelled: usize,
    /// Places of a list's parts; empty if it is no list, or a part is no trim anywhere.
    parts: Vec<u32>,
}

/// All trims of the release.
pub(super) struct Trims {
    named: Vec<Named>,
    /// Place by value text.
    by_value: Vec<Option<u32>>,
}

impl Trims {
    pub(super) fn new(index: &Index<'_>) -> Self {
        let mut spellings: FxHashMap<TextId, usize> = FxHashMap::default();
        for row in index
            .patterns
            .iter()
            .filter(|row| [TRIM, TRIM_2].contains(&usize::from(row.slot)))
        {
            *spellings.entry(row.value).or_default() += 1;
        }
        let mut values: Vec<(TextId, usize)> = spellings.into_iter().collect();
        values.sort_unstable();
        let mut trims = Self {
            named: Vec::new(),
            by_value: vec![None; index.tables.texts.iter().len()],
        };
        let mut places: FxHashMap<String, u32> = FxHashMap::default();
        for (value, spelled) in values {
            let Some(name) = trim_name(index.tables.texts.get(value)) else {
                continue;
            };
            let place = trims.add(&mut places, name, spelled);
            if let Some(known) = trims.by_value.get_mut(value.index()) {
                *known = Some(place);
            }
        }
        for named in &mut trims.named {
            let parts: Option<Vec<u32>> = list_parts(&named.name)
                .iter()
                .map(|part| places.get(&folded(part)).copied())
                .collect();
            named.parts = parts.unwrap_or_default();
        }
        trims
    }

    fn add(&mut self, places: &mut FxHashMap<String, u32>, name: String, spelled: usize) -> u32 {
        let folded = folded(&name);
        let fresh = u32::try_from(self.named.len()).unwrap_or(u32::MAX);
        let place = *places.entry(folded.clone()).or_insert(fresh);
        if place == fresh {
            self.named.push(Named {
                folded,
                name,
                spelled,
                parts: Vec::new(),
            });
        } else if let Some(known) = usize::try_from(place)
            .ok()
            .and_then(|place| self.named.get_mut(place))
        {
            // The commonest spelling is shown; of equals the first in byte order.
            if (spelled, &known.name) > (known.spelled, &name) {
                known.name = name;
                known.spelled = spelled;
            }
        }
        place
    }

    /// The trim a value names.
    pub(super) fn place(&self, value: TextId) -> Option<u32> {
        self.by_value.get(value.index()).copied().flatten()
    }

    /// The trims a list is made of; empty for a single trim.
    pub(super) fn parts(&self, place: u32) -> &[u32] {
        usize::try_from(place)
            .ok()
            .and_then(|place| self.named.get(place))
            .map_or(&[], |named| &named.parts)
    }

    /// The trims' rows by place.
    pub(super) fn rows(&self) -> Result<Vec<TrimRow>, IdCollision> {
        let ids = ids_of("trim", self.named.iter().map(|trim| trim.folded.as_str()))?;
        Ok(self
            .named
            .iter()
            .zip(ids)
            .map(|(trim, id)| TrimRow {
                id,
                name: squeezed(&trim.name),
            })
            .collect())
    }
}
