//! One VIN against the index.

mod answer;
mod as_of;
mod codes;
mod corrections;
mod item;
mod pass;
mod specifications;

pub use answer::{Attribute, Decoded, Value};
pub use as_of::AsOf;
pub use codes::ErrorCode;
pub use item::Source;

use crate::index::Index;
use crate::index::tables::WmiRow;
use crate::key::Subject;
use crate::model_year::{FIRST_YEAR, is_light, years};
use crate::vin::Vin;
use codes::Codes;
use pass::Pass;
use std::cell::RefCell;

/// How a VIN is decoded.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The model year, where the caller knows it.
    pub model_year: Option<i32>,
    /// What "now" is: manufacturers are published on a day, and model years end two years after this one.
    pub as_of: AsOf,
}

/// What all passes of a VIN share.
#[derive(Debug, Clone, Copy)]
struct Request<'i> {
    index: &'i Index,
    vin: Vin,
    subject: Subject,
    wmi: Option<&'i WmiRow>,
    /// The manufacturer's code, where it is known and published.
    public: Option<&'i WmiRow>,
    light: bool,
    exception: bool,
}

/// Decodes one VIN. The same VIN, index and options give the same answer.
pub fn decode<'i>(index: &'i Index, vin: &Vin, options: &Options) -> Decoded<'i> {
    thread_local! {
        /// Memory that is used again from VIN to VIN: a VIN may have three model years to try.
        static PASSES: RefCell<[Pass; 3]> = RefCell::default();
    }
    PASSES.with_borrow_mut(|passes| decode_in(passes, index, vin, options))
}

fn decode_in<'i>(
    passes: &mut [Pass; 3],
    index: &'i Index,
    vin: &Vin,
    options: &Options,
) -> Decoded<'i> {
    let wmi = index.wmi(vin.wmi());
    let request = Request {
        index,
        vin: *vin,
        subject: Subject::of(vin.as_bytes()),
        wmi,
        public: wmi.filter(|wmi| options.as_of.has_reached(wmi.public_from)),
        light: is_light(wmi),
        exception: index.is_exception(vin),
    };
    let count = run_passes(passes, &request, options);
    let best = best_of(passes.get(..count).unwrap_or_default(), index, options);
    answer::answer(&request, best.unwrap_or(&Pass::default()))
}

/// Every year that the VIN may have is decoded whole; how many passes there are.
fn run_passes(passes: &mut [Pass; 3], request: &Request<'_>, options: &Options) -> usize {
    let latest = options.as_of.year() + 2;
    let years = years(request.index, &request.vin, request.wmi, latest);
    let told = options.model_year;
    let mut passes = passes.iter_mut();
    let mut count = 0;
    let mut run = |year: Option<i32>, conclusive, error_12| {
        let Some(pass) = passes.next() else {
            return Codes::default();
        };
        count += 1;
        pass.run(request, year, conclusive, error_12);
        pass.codes
    };
    let differs = |year: Option<i32>| told.is_some() && year.is_some() && told != year;
    if let Some(year) = told.filter(|year| (FIRST_YEAR..=latest).contains(year))
        && Some(year) != years.year
        && Some(year) != years.other
    {
        let codes = run(Some(year), true, true);
        if !codes.contains(ErrorCode::NoDetailedData) || years.year.is_none() {
            return count;
        }
    }
    run(years.year, years.is_settled(), differs(years.year));
    if years.other.is_some() {
        run(years.other, false, differs(years.other));
    }
    count
}

/// The pass with the least errors; of those the one that tells most. What cannot be counted counts most: PostgreSQL
/// sorts NULL first.
fn best_of<'p>(passes: &'p [Pass], index: &Index, options: &Options) -> Option<&'p Pass> {
    let merit = |pass: &Pass| {
        let or_most = |number: Option<i32>| number.map_or(i64::MAX, i64::from);
        let year = pass.year.map(|year| {
            let bonus = if options.model_year == Some(year) {
                10_000
            } else {
                0
            };
            year + bonus
        });
        (
            pass.codes.weight(index),
            or_most(pass.element_weight(index)),
            or_most(pass.pattern_count()),
            or_most(year),
        )
    };
    let mut best: Option<&Pass> = None;
    for pass in passes {
        if best.is_none_or(|best| merit(pass) > merit(best)) {
            best = Some(pass);
        }
    }
    best
}
