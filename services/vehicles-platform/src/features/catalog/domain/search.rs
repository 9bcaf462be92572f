//! Finding makes and models as somebody types: by the beginnings of words, blind to case and punctuation.

use super::natural_order;
use super::vehicle_types::VehicleTypes;
use contracts::vehicles::{HitKind, Make, SearchHit, VehicleType, YearRange};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Bit 0 of a year mask.
const FIRST_YEAR: i16 = 1980;
const YEARS_IN_MASK: u8 = 63;

/// The years of a make or model as bits, for each kind of vehicle.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct YearMasks {
    pub(crate) car: u64,
    pub(crate) mpv: u64,
    pub(crate) truck: u64,
    pub(crate) motorcycle: u64,
}

impl YearMasks {
    fn of(self, types: VehicleTypes) -> u64 {
        let part = |kind, mask| if types.has(kind) { mask } else { 0 };
        part(VehicleType::Car, self.car)
            | part(VehicleType::Mpv, self.mpv)
            | part(VehicleType::Truck, self.truck)
            | part(VehicleType::Motorcycle, self.motorcycle)
    }

    fn add(&mut self, other: Self) {
        self.car |= other.car;
        self.mpv |= other.mpv;
        self.truck |= other.truck;
        self.motorcycle |= other.motorcycle;
    }
}

/// A model as the catalogue lists it.
#[derive(Debug, Clone)]
pub(crate) struct ModelEntry {
    pub(crate) id: i32,
    pub(crate) name: String,
    pub(crate) make: Make,
    pub(crate) years: YearMasks,
}

struct Entry {
    kind: HitKind,
    id: i32,
    name: String,
    make: Make,
    years: YearMasks,
    /// The name's letters and digits, run together: `crv`.
    joined: String,
    /// Every word that a query word may be the beginning of, the make's among them.
    words: Vec<String>,
}

/// All makes and models of a release.
#[derive(Default)]
pub(crate) struct SearchIndex {
    entries: Vec<Entry>,
}

/// A search.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    pub(crate) text: String,
    pub(crate) year: Option<i16>,
    pub(crate) types: VehicleTypes,
    pub(crate) limit: usize,
}

/// How well an entry fits, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// The whole name was typed.
    Exact,
    /// The name begins with what was typed.
    Prefix,
    /// Every typed word begins some word of the make or the model.
    Words,
}

impl SearchIndex {
    /// Builds the index; makes come from their models.
    pub(crate) fn build(models: Vec<ModelEntry>) -> Self {
        let mut makes: BTreeMap<i32, (Make, YearMasks)> = BTreeMap::new();
        for model in &models {
            let (_, years) = makes
                .entry(model.make.id)
                .or_insert_with(|| (model.make.clone(), YearMasks::default()));
            years.add(model.years);
        }
        let makes = makes.into_values().map(|(make, years)| Entry {
            kind: HitKind::Make,
            id: make.id,
            joined: joined(&make.name),
            words: words(&make.name),
            name: make.name.clone(),
            make,
            years,
        });
        let models = models.into_iter().map(|model| {
            let mut all = words(&model.name);
            all.extend(words(&model.make.name));
            Entry {
                kind: HitKind::Model,
                id: model.id,
                joined: joined(&model.name),
                words: all,
                name: model.name,
                make: model.make,
                years: model.years,
            }
        });
        Self {
            entries: makes.chain(models).collect(),
        }
    }

    /// The best hits, best first.
    pub(crate) fn find(&self, search: &Search) -> Vec<SearchHit> {
        let typed: Vec<String> = search
            .text
            .split_whitespace()
            .map(joined)
            .filter(|word| !word.is_empty())
            .collect();
        if typed.is_empty() {
            return Vec::new();
        }
        let whole = typed.concat();
        let mut hits: Vec<(Fit, &Entry, YearRange)> = self
            .entries
            .iter()
            .filter_map(|entry| {
                let fit = entry.fit(&typed, &whole)?;
                Some((fit, entry, entry.sold(search)?))
            })
            .collect();
        hits.sort_by(|(fit_a, a, years_a), (fit_b, b, years_b)| {
            let rank = |fit: &Fit, entry: &Entry, years: &YearRange| {
                (
                    *fit,
                    entry.kind == HitKind::Model,
                    Reverse(years.to),
                    years.from,
                )
            };
            rank(fit_a, a, years_a)
                .cmp(&rank(fit_b, b, years_b))
                .then_with(|| natural_order::compare(&a.name, &b.name))
                .then_with(|| a.id.cmp(&b.id))
        });
        hits.truncate(search.limit);
        hits.into_iter()
            .map(|(_, entry, years)| entry.hit(years))
            .collect()
    }
}

impl Entry {
    fn fit(&self, typed: &[String], whole: &str) -> Option<Fit> {
        if self.joined == whole {
            return Some(Fit::Exact);
        }
        if self.joined.starts_with(whole) {
            return Some(Fit::Prefix);
        }
        typed
            .iter()
            .all(|word| self.words.iter().any(|own| own.starts_with(word.as_str())))
            .then_some(Fit::Words)
    }

    fn sold(&self, search: &Search) -> Option<YearRange> {
        let mut mask = self.years.of(search.types);
        if let Some(year) = search.year {
            mask &= bit(year);
        }
        range(mask)
    }

    fn hit(&self, years: YearRange) -> SearchHit {
        SearchHit {
            kind: self.kind,
            id: self.id,
            name: self.name.clone(),
            make: self.make.clone(),
            years,
        }
    }
}

fn bit(year: i16) -> u64 {
    u8::try_from(year.saturating_sub(FIRST_YEAR))
        .ok()
        .filter(|offset| *offset < YEARS_IN_MASK)
        .map_or(0, |offset| 1 << offset)
}

fn range(mask: u64) -> Option<YearRange> {
    let year = |offset: u32| {
        u16::try_from(offset)
            .ok()?
            .checked_add(FIRST_YEAR.unsigned_abs())
    };
    let last = u64::BITS
        .checked_sub(mask.leading_zeros())?
        .checked_sub(1)?;
    Some(YearRange {
        from: year(mask.trailing_zeros())?,
        to: year(last)?,
    })
}

fn joined(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// `Mercedes-Benz CLA` gives `mercedesbenz`, `mercedes`, `benz`, `cla` and `mercedesbenzcla`.
fn words(name: &str) -> Vec<String> {
    let mut found = vec![joined(name)];
    for word in name.split_whitespace() {
        found.push(joined(word));
        found.extend(word.split(|c: char| !c.is_alphanumeric()).map(joined));
    }
    found.retain(|word| !word.is_empty());
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> SearchIndex {
        let model = |id, make_id, make: &str, name: &str, car: &[i16]| ModelEntry {
            id,
            name: name.to_owned(),
            make: Make {
                id: make_id,
                name: make.to_owned(),
            },
            years: YearMasks {
                car: car.iter().map(|y| bit(*y)).sum(),
                ..YearMasks::default()
            },
        };
        SearchIndex::build(vec![
            model(1, 10, "Honda", "Civic", &[1981, 2022]),
            model(2, 10, "Honda", "CR-V", &[1997, 2024]),
            model(3, 10, "Honda", "CIVIC Si", &[2022]),
            model(4, 20, "Ford", "F-150", &[2022]),
            model(5, 30, "Mercedes-Benz", "CLA-Class", &[2020]),
            model(6, 40, "Toyota", "Crown", &[2023]),
        ])
    }

    fn found(text: &str) -> Vec<String> {
        found_in(text, None)
    }

    fn found_in(text: &str, year: Option<i16>) -> Vec<String> {
        let search = Search {
            text: text.to_owned(),
            year,
            types: VehicleTypes::default(),
            limit: 10,
        };
        index()
            .find(&search)
            .into_iter()
            .map(|hit| format!("{} {}", hit.make.name, hit.name))
            .collect()
    }

    #[test]
    fn punctuation_and_case_do_not_matter() {
        for text in ["crv", "CR-V", "cr v", "cr-"] {
            assert_eq!(found(text)[0], "Honda CR-V", "{text}");
        }
        for text in ["f150", "F-150", "f 150", "ford f1"] {
            assert_eq!(found(text), ["Ford F-150"], "{text}");
        }
    }

    #[test]
    fn words_may_stand_in_any_order() {
        assert_eq!(found("honda ci"), ["Honda Civic", "Honda CIVIC Si"]);
        assert_eq!(found("civic honda"), ["Honda Civic", "Honda CIVIC Si"]);
        assert_eq!(
            found("benz"),
            ["Mercedes-Benz Mercedes-Benz", "Mercedes-Benz CLA-Class"]
        );
    }

    #[test]
    fn an_exact_name_stands_first_and_a_make_before_its_models() {
        assert_eq!(found("civic")[0], "Honda Civic");
        assert_eq!(found("honda")[0], "Honda Honda");
        assert_eq!(found("cr"), ["Honda CR-V", "Toyota Crown"]);
    }

    #[test]
    fn a_year_leaves_out_what_was_not_sold_then() {
        assert_eq!(found_in("honda", Some(2024)), ["Honda Honda", "Honda CR-V"]);
        assert!(found_in("honda", Some(1950)).is_empty());
    }

    #[test]
    fn other_kinds_of_vehicles_are_left_out() {
        let types = VehicleTypes::parse("motorcycle").unwrap();
        let search = Search {
            text: "honda".to_owned(),
            year: None,
            types,
            limit: 10,
        };
        assert!(index().find(&search).is_empty());
    }

    #[test]
    fn only_punctuation_finds_nothing() {
        assert!(found("--").is_empty());
    }
}
