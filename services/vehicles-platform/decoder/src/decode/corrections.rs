//! Which positions of a VIN cannot be right, and what could stand there instead.

use super::Request;
use super::codes::ErrorCode;
use super::item::Source;
use super::pass::Pass;
use crate::build::{ACCOUNTED, JUDGED};
use crate::charset::CharSet;
use crate::check_digit;
use crate::index::tables::Schema;
use crate::index::{Index, NONE};
use crate::vin::Vin;
use std::fmt::Write;

/// What decoding would have the VIN be.
#[derive(Debug, Default)]
pub(super) struct Correction {
    /// The suggested VIN; `!` where a character is not known. Empty for none.
    pub(super) suggested: String,
    /// `(position:characters)` for every position in error.
    pub(super) possible: String,
    /// Positions that no pattern accounts for, between commas; `None` where that was not asked.
    pub(super) unused: Option<String>,
    /// How many positions some matched key names.
    pub(super) explained: u8,
    /// `position:character` for every character that no VIN has there.
    pub(super) invalid: String,
}

impl Correction {
    pub(super) fn clear(&mut self) {
        self.suggested.clear();
        self.possible.clear();
        self.unused = None;
        self.explained = 0;
        self.invalid.clear();
    }
}

/// A position whose character no key of the year allows.
#[derive(Clone, Copy)]
struct Fault {
    position: usize,
    allowed: CharSet,
}

/// Compares the VIN with what the schemas of its year allow, and with what the matched keys account for.
pub(super) fn judge<'i>(
    pass: &mut Pass,
    request: &Request<'_>,
    schemas: impl Iterator<Item = &'i Schema>,
) {
    let index = request.index;
    // Without a year vPIC finds no schema to judge by.
    let allowed = match pass.year {
        Some(_) => allowed(index, schemas),
        None => [CharSet::default(); 11],
    };
    let (faults, count) = faults(request, &allowed);
    let faults = faults.get(..count).unwrap_or_default();
    match faults {
        [] => {}
        [only] => correct(pass, request, *only),
        several => {
            pass.codes.add(ErrorCode::SeveralPositions);
            pass.correction.suggested = marked(request, several);
            for fault in several {
                pass.correction
                    .possible
                    .push_str(&possibility(fault.position, fault.allowed));
            }
        }
    }
    note_unused(pass, request);
}

fn allowed<'i>(index: &Index, schemas: impl Iterator<Item = &'i Schema>) -> [CharSet; 11] {
    let mut allowed = [CharSet::default(); 11];
    for schema in schemas {
        for (all, place) in allowed.iter_mut().zip(schema.valid) {
            *all = all.union(index.set(place));
        }
    }
    allowed
}

fn faults(request: &Request<'_>, allowed: &[CharSet; 11]) -> ([Fault; 11], usize) {
    let none = Fault {
        position: 0,
        allowed: CharSet::default(),
    };
    let mut faults = [none; 11];
    let mut places = faults.iter_mut();
    let mut count = 0;
    let last = if request.vin.wmi().is_long() {
        11
    } else {
        *JUDGED.end()
    };
    for (position, allowed) in JUDGED.zip(allowed.iter().copied()) {
        let Some(byte) = request.vin.at(position).filter(|_| position <= last) else {
            break;
        };
        if matches!(position, 9 | 10) || allowed.is_empty() || allowed.contains(byte) {
            continue;
        }
        if let Some(place) = places.next() {
            *place = Fault { position, allowed };
            count += 1;
        }
    }
    (faults, count)
}

/// One position is wrong: the only character it may have, or the only one that makes the check digit right.
fn correct(pass: &mut Pass, request: &Request<'_>, fault: Fault) {
    let Fault { position, allowed } = fault;
    let vin = &request.vin;
    let correction = &mut pass.correction;
    if allowed.len() == 1 {
        let only = allowed.sorted().next().unwrap_or_default();
        pass.codes.add(ErrorCode::Corrected);
        vin.with(position, only)
            .as_str()
            .clone_into(&mut correction.suggested);
        correction.possible = possibility(position, allowed);
        return;
    }
    let fits = |byte: &u8| {
        let candidate = vin.with(position, *byte);
        check_digit::calculate(&candidate, true).is_met_by(&candidate)
    };
    let mut fitting = allowed.sorted().filter(fits);
    if let (Some(only), None) = (fitting.next(), fitting.next()) {
        pass.codes.add(ErrorCode::CorrectedByCheckDigit);
        vin.with(position, only)
            .as_str()
            .clone_into(&mut correction.suggested);
        correction.possible = possibility(position, CharSet::of(&[only]));
    } else {
        pass.codes.add(ErrorCode::OnePosition);
        correction.suggested = marked(request, &[fault]);
        correction.possible = possibility(position, allowed);
    }
}

fn possibility(position: usize, allowed: CharSet) -> String {
    let characters: String = allowed.sorted().map(char::from).collect();
    format!("({position}:{characters})")
}

/// The VIN with `!` where it is wrong.
fn marked(request: &Request<'_>, faults: &[Fault]) -> String {
    let vin = faults
        .iter()
        .fold(request.vin, |vin, fault| vin.with(fault.position, b'!'));
    vin.as_str().to_owned()
}

/// Notes the positions of the description and of the plant that no matched key names.
fn note_unused(pass: &mut Pass, request: &Request<'_>) {
    let index = request.index;
    let mut named = [CharSet::default(); ACCOUNTED.len()];
    let mut last = NONE;
    for item in &pass.items.all {
        let by_pattern = matches!(
            item.source,
            Source::Pattern | Source::Formula | Source::EngineModel | Source::Model
        );
        if !by_pattern || item.key == last {
            continue;
        }
        last = item.key;
        if let Some(key) = index.key(item.key) {
            for (all, place) in named.iter_mut().zip(key.named) {
                *all = all.union(index.set(place));
            }
        }
    }
    let mut unused = String::new();
    for (position, named) in ACCOUNTED.into_iter().zip(named) {
        let Some(byte) = request.vin.at(position) else {
            break;
        };
        if named.contains(byte) {
            pass.correction.explained += 1;
        } else {
            if !unused.is_empty() {
                unused.push(',');
            }
            unused.push_str(&position.to_string());
        }
    }
    if !unused.is_empty() {
        pass.codes.add(ErrorCode::UnusedPositions);
        pass.correction.unused = Some(unused);
    }
}

/// Marks the characters that no VIN has at their place. `unjudged`: position 9 may be anything.
pub(super) fn mark_invalid(
    correction: &mut Correction,
    request: &Request<'_>,
    unjudged: bool,
) -> bool {
    let vin = &request.vin;
    let serial = match (vin.is_low_volume(), request.light) {
        (true, _) => 15,
        (false, true) => 13,
        (false, false) => 14,
    };
    let mut suggested: Option<Vin> = None;
    for (position, byte) in (1..).zip(vin.as_bytes().iter().copied()) {
        let letter = byte.is_ascii_uppercase() && !matches!(byte, b'I' | b'O' | b'Q');
        let digit = byte.is_ascii_digit();
        let valid = byte == b'*' && position != 10
            || match position {
                9 => unjudged || digit || byte == b'X',
                10 => digit && byte != b'0' || letter && !matches!(byte, b'U' | b'Z'),
                _ => digit || letter && position < serial,
            };
        if valid {
            continue;
        }
        let separator = if correction.invalid.is_empty() {
            ""
        } else {
            ", "
        };
        correction.invalid.push_str(separator);
        // Writing to a string cannot fail.
        let _ = write!(correction.invalid, "{position}:{}", char::from(byte));
        let so_far =
            suggested.unwrap_or_else(|| Vin::verbatim(&correction.suggested).unwrap_or(*vin));
        suggested = Some(so_far.with(position, b'!'));
    }
    if let Some(vin) = suggested {
        vin.as_str().clone_into(&mut correction.suggested);
    }
    suggested.is_some()
}
