//! Drops configurations another one of the same model and year says better.
//!
//! Keys of different width leave rows such as `EX, unknown engine, CVT` beside `EX, 1.5L I4 Turbo, CVT`, or
//! `Automatic` beside `8-speed Automatic`. A row that knows nothing another row does not know adds no choice.

use super::collect_rows::Placed;
use super::engines::Engines;
use super::joint::NONE;
use super::transmissions::Transmissions;

/// The rows of one model-year without those another says better. `rows` are distinct.
pub(super) fn without_vaguer(
    rows: &[Placed],
    engines: &Engines<'_>,
    transmissions: &Transmissions<'_>,
) -> Vec<Placed> {
    let vague_engines = refined(rows.iter().map(|row| row.what.engine), |one, other| {
        engines.refines(one, other)
    });
    let vague_transmissions = refined(
        rows.iter().map(|row| row.what.transmission),
        |one, other| transmissions.refines(one, other),
    );
    let keep = |row: &&Placed| {
        let what = &row.what;
        let vague_trim = what.trim == NONE;
        let finer_engines = finer(&vague_engines, what.engine);
        let finer_transmissions = finer(&vague_transmissions, what.transmission);
        if !vague_trim && finer_engines.is_empty() && finer_transmissions.is_empty() {
            return true;
        }
        !rows.iter().any(|other| {
            let other = &other.what;
            (vague_trim || other.trim == what.trim)
                && (other.engine == what.engine || finer_engines.contains(&other.engine))
                && (other.transmission == what.transmission
                    || finer_transmissions.contains(&other.transmission))
                && (other.trim, other.engine, other.transmission)
                    != (what.trim, what.engine, what.transmission)
        })
    };
    rows.iter().filter(keep).copied().collect()
}

/// Places that others refine, with those others; sorted.
fn refined(
    places: impl Iterator<Item = u32>,
    refines: impl Fn(u32, u32) -> bool,
) -> Vec<(u32, Vec<u32>)> {
    let mut places: Vec<u32> = places.collect();
    places.sort_unstable();
    places.dedup();
    let others = |vague: u32| -> Vec<u32> {
        let finer = |other: &u32| {
            *other != vague && *other != NONE && (vague == NONE || refines(*other, vague))
        };
        places.iter().copied().filter(finer).collect()
    };
    places
        .iter()
        .map(|&vague| (vague, others(vague)))
        .filter(|(_, others)| !others.is_empty())
        .collect()
}

fn finer(refined: &[(u32, Vec<u32>)], place: u32) -> &[u32] {
    let found = refined.iter().find(|(vague, _)| *vague == place);
    found.map_or(&[], |(_, others)| others)
}
