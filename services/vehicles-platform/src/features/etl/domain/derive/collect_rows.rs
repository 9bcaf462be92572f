//! Walks the bundles and gathers model-years and configurations, by places.

use super::super::elements::MODEL;
use super::super::key_mask::KeyMask;
use super::bundle::Entries;
use super::consumer::CarMakers;
use super::engines::Engines;
use super::index::Index;
use super::joint::{Combination, Joint};
use super::parts::Parts;
use super::specs::Specs;
use super::transmissions::Transmissions;
use super::trims::Trims;
use super::years::{Bundle, CAR, MOTORCYCLE, MPV, TRUCK};

/// A configuration of a model-year, by places.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Placed {
    pub(super) year: u16,
    pub(super) model: u32,
    pub(super) what: Combination,
}

/// A model-year and a bit of its vehicle types.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sold {
    pub(super) year: u16,
    pub(super) model: u32,
    pub(super) types: u8,
}

/// Everything the walk needs and gathers.
pub(super) struct Walk<'w, 'a> {
    pub(super) index: &'w Index<'a>,
    pub(super) makers: &'w CarMakers,
    pub(super) specs: &'w Specs,
    pub(super) trims: &'w Trims,
    pub(super) engines: Engines<'a>,
    pub(super) transmissions: Transmissions<'a>,
    pub(super) sold: Vec<Sold>,
    pub(super) placed: Vec<Placed>,
    found: Vec<Combination>,
}

/// Years in which a model has the same specifications.
struct YearGroup {
    specs: Vec<usize>,
    years: Vec<u16>,
}

impl<'w, 'a> Walk<'w, 'a> {
    pub(super) fn new(
        index: &'w Index<'a>,
        makers: &'w CarMakers,
        specs: &'w Specs,
        trims: &'w Trims,
    ) -> Self {
        Self {
            index,
            makers,
            specs,
            trims,
            engines: Engines::new(index.tables),
            transmissions: Transmissions::new(index.tables),
            sold: Vec::new(),
            placed: Vec::new(),
            found: Vec::new(),
        }
    }

    /// All models of one bundle in all its years.
    pub(super) fn bundle(&mut self, bundle: &Bundle) {
        let entries = Entries::of(self.index, bundle);
        let by_year = entries.restrict_year();
        for entry in entries.get(MODEL) {
            let Some(model) = self.index.model(entry.value) else {
                continue;
            };
            let Some(make) = self.index.make_of(model) else {
                continue;
            };
            let shown: Vec<(u16, u32)> = bundle
                .uses
                .iter()
                .copied()
                .filter(|&(year, kind)| self.makers.shows(make, year, kind))
                .filter(|&(year, _)| entry.mask.meets(&KeyMask::of_year(year)))
                .collect();
            self.sold.extend(shown.iter().map(|&(year, kind)| Sold {
                year,
                model,
                types: type_bit(kind),
            }));
            if by_year {
                for uses in shown.chunk_by(|one, other| one.0 == other.0) {
                    let year = uses
                        .first()
                        .and_then(|&(year, _)| entry.mask.meeting(&KeyMask::of_year(year)));
                    if let Some(mask) = year {
                        self.model(mask, model, make, uses, &entries);
                    }
                }
            } else if !shown.is_empty() {
                self.model(*entry.mask, model, make, &shown, &entries);
            }
        }
    }

    /// One model key in years that share its mask.
    fn model(
        &mut self,
        mask: KeyMask,
        model: u32,
        make: u32,
        uses: &[(u16, u32)],
        entries: &Entries<'a>,
    ) {
        let parts = Parts::of(mask, entries, self.index, self.trims, &mut self.engines);
        for group in self.year_groups(make, model, uses) {
            self.found.clear();
            let specs = self.specs.groups(&group.specs);
            Joint {
                index: self.index,
                parts: &parts,
                specs: &specs,
                transmissions: &mut self.transmissions,
                found: &mut self.found,
            }
            .run();
            self.found.sort_unstable();
            self.found.dedup();
            for &year in &group.years {
                self.placed
                    .extend(self.found.iter().map(|&what| Placed { year, model, what }));
            }
        }
    }

    fn year_groups(&self, make: u32, model: u32, uses: &[(u16, u32)]) -> Vec<YearGroup> {
        let mut groups: Vec<YearGroup> = Vec::new();
        for &(year, kind) in uses {
            let specs = self.specs.places(make, model, year, kind);
            match groups.iter_mut().find(|group| group.specs == specs) {
                Some(group) => group.years.push(year),
                None => groups.push(YearGroup {
                    specs,
                    years: vec![year],
                }),
            }
        }
        groups
    }
}

fn type_bit(vehicle_type: u32) -> u8 {
    match vehicle_type {
        CAR => 1,
        MPV => 2,
        TRUCK => 4,
        MOTORCYCLE => 8,
        _ => 0,
    }
}
