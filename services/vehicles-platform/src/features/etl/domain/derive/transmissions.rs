//! Transmissions met while deriving, and their names: `6-speed Manual`, `CVT`.

use rustc_hash::FxHashMap;

use super::super::catalog::TransmissionRow;
use super::super::tables::{TextId, VpicTables};
use super::ids::{IdCollision, folded, ids_of, squeezed};

/// Style and speeds as raw values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct TransmissionValues {
    pub(super) style: TextId,
    pub(super) speeds: TextId,
}

impl TransmissionValues {
    /// Nothing known.
    pub(super) const NONE: Self = Self {
        style: TextId::NONE,
        speeds: TextId::NONE,
    };
}

struct Named {
    folded: String,
    name: String,
    style: Option<String>,
    speeds: Option<i16>,
}

/// All transmissions of one derivation.
pub(super) struct Transmissions<'a> {
    tables: &'a VpicTables,
    known: FxHashMap<TransmissionValues, Option<u32>>,
    places: FxHashMap<String, u32>,
    named: Vec<Named>,
}

impl<'a> Transmissions<'a> {
    pub(super) fn new(tables: &'a VpicTables) -> Self {
        Self {
            tables,
            known: FxHashMap::default(),
            places: FxHashMap::default(),
            named: Vec::new(),
        }
    }

    /// The place of a transmission; `None` when nothing is known of it.
    pub(super) fn place(&mut self, values: TransmissionValues) -> Option<u32> {
        if let Some(&place) = self.known.get(&values) {
            return place;
        }
        let place = self.name(values);
        self.known.insert(values, place);
        place
    }

    fn name(&mut self, values: TransmissionValues) -> Option<u32> {
        let text = |value: TextId| value.known().map(|id| self.tables.texts.get(id));
        let style_id = text(values.style).and_then(|text| text.parse::<u32>().ok());
        let style = style_id.and_then(|id| {
            self.tables
                .transmission_styles
                .iter()
                .find(|row| row.id == id)
                .map(|row| squeezed(&row.name))
        });
        let speeds = text(values.speeds)
            .and_then(|text| text.parse().ok())
            .filter(|speeds| (1..=24).contains(speeds));
        let name = transmission_name(style_id, style.as_deref(), speeds)?;
        let folded = folded(&name);
        if let Some(&place) = self.places.get(&folded) {
            return Some(place);
        }
        let place = u32::try_from(self.named.len()).ok()?;
        self.places.insert(folded.clone(), place);
        self.named.push(Named {
            folded,
            name,
            style,
            speeds,
        });
        Some(place)
    }

    /// Does `fine` say all that `vague` says, and more?
    pub(super) fn refines(&self, fine: u32, vague: u32) -> bool {
        let named = |place: u32| {
            usize::try_from(place)
                .ok()
                .and_then(|place| self.named.get(place))
        };
        named(fine).zip(named(vague)).is_some_and(|(fine, vague)| {
            (vague.style.is_none() || vague.style == fine.style)
                && (vague.speeds.is_none() || vague.speeds == fine.speeds)
        })
    }

    /// The transmissions' rows by place.
    pub(super) fn rows(&self) -> Result<Vec<TransmissionRow>, IdCollision> {
        let ids = ids_of(
            "transmission",
            self.named.iter().map(|named| named.folded.as_str()),
        )?;
        let row = |(named, id): (&Named, i64)| TransmissionRow {
            id,
            name: named.name.clone(),
            style: named.style.clone(),
            speeds: named.speeds,
        };
        Ok(self.named.iter().zip(ids).map(row).collect())
    }
}

/// The name of a transmission; `None` when nothing is known of it.
pub(super) fn transmission_name(
    style_id: Option<u32>,
    style: Option<&str>,
    speeds: Option<i16>,
) -> Option<String> {
    let word = style.map(|style| short_style(style_id, style));
    Some(match (speeds, word) {
        (Some(speeds), Some(word)) => format!("{speeds}-speed {word}"),
        (Some(speeds), None) => format!("{speeds}-speed"),
        (None, Some(word)) => word.to_owned(),
        (None, None) => return None,
    })
}

/// A style's short name by vPIC id; an unknown one keeps vPIC's text.
fn short_style(id: Option<u32>, style: &str) -> &str {
    match id {
        Some(2) => "Automatic",
        Some(3) => "Manual",
        Some(4) => "e-CVT",
        Some(7) => "CVT",
        Some(8) => "Automated Manual",
        Some(14) => "Dual-clutch",
        _ => style.strip_prefix("Motorcycle - ").unwrap_or(style),
    }
}
