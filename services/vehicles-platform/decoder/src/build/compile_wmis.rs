//! Manufacturers' codes with their bands of schemas and their makes.

use super::BuildError;
use super::compile::Compiler;
use super::keys::count;
use super::raw::{RawBand, RawWmi};
use crate::index::NONE;
use crate::index::tables::{Band, WmiMake, WmiRow};
use rustc_hash::FxHashMap;

const VEHICLE_TYPE: u8 = 39;
/// The end of a band that has none, as vPIC's procedure has it.
const OPEN_END: u16 = 2999;

pub(super) fn wmis(compiler: &mut Compiler) -> Result<(), BuildError> {
    let mut bands: FxHashMap<u32, Vec<RawBand>> = FxHashMap::default();
    for band in std::mem::take(&mut compiler.raw.bands) {
        bands.entry(band.wmi).or_default().push(band);
    }
    let mut makes: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
    for (wmi, make) in std::mem::take(&mut compiler.raw.wmi_makes) {
        makes.entry(wmi).or_default().extend(compiler.make(make));
    }
    let mut wmis = std::mem::take(&mut compiler.raw.wmis);
    wmis.sort_by(|a, b| a.code.cmp(&b.code));
    for wmi in wmis {
        let Some(code) = code_of(&wmi.code) else {
            continue;
        };
        let (first_band, band_count) = add_bands(compiler, bands.remove(&wmi.id))?;
        let (first_make, make_count) = add_makes(compiler, makes.remove(&wmi.id))?;
        let (vehicle_type, vehicle_type_name) = vehicle_type(compiler, &wmi)?;
        let manufacturer = wmi.manufacturer.and_then(|id| {
            let all = &compiler.index.manufacturers;
            let place = all.binary_search_by_key(&id, |row| row.id).ok()?;
            u32::try_from(place).ok()
        });
        let changed = compiler.rank(wmi.changed);
        compiler.index.wmis.push(WmiRow {
            code,
            id: wmi.id,
            public_from: wmi.public_from.unwrap_or(i64::MAX),
            changed,
            manufacturer: manufacturer.unwrap_or(NONE),
            vehicle_type,
            vehicle_type_id: wmi.vehicle_type.unwrap_or(0),
            truck_type_id: wmi.truck_type.unwrap_or(0),
            vehicle_type_name,
            first_band,
            band_count,
            first_make,
            make_count,
        });
    }
    Ok(())
}

fn add_bands(compiler: &mut Compiler, own: Option<Vec<RawBand>>) -> Result<(u32, u32), BuildError> {
    let index = &mut compiler.index;
    let first = count(index.bands.len(), "bands")?;
    let mut own = own.unwrap_or_default();
    own.sort_by_key(|band| (band.schema, band.year_from));
    for band in own {
        // A schema without a pattern can tell nothing, but that it is there counts for the model year.
        let place = index
            .schemas
            .binary_search_by_key(&band.schema, |row| row.id);
        index.bands.push(Band {
            schema: place
                .ok()
                .and_then(|at| u32::try_from(at).ok())
                .unwrap_or(NONE),
            year_from: band.year_from,
            year_to: band.year_to.unwrap_or(OPEN_END),
        });
    }
    Ok((first, count(index.bands.len(), "bands")? - first))
}

fn add_makes(compiler: &mut Compiler, own: Option<Vec<u32>>) -> Result<(u32, u32), BuildError> {
    let rows = &mut compiler.index.wmi_makes;
    let first = count(rows.len(), "makes of manufacturers")?;
    rows.extend(
        own.unwrap_or_default()
            .into_iter()
            .map(|make| WmiMake { make }),
    );
    Ok((first, count(rows.len(), "makes of manufacturers")? - first))
}

/// Its attribute, and its name in capitals.
fn vehicle_type(compiler: &mut Compiler, wmi: &RawWmi) -> Result<(u32, u32), BuildError> {
    let Some(id) = wmi.vehicle_type else {
        return Ok((NONE, NONE));
    };
    let Some(name) = compiler.raw.vehicle_types.get(&id) else {
        return Ok((NONE, NONE));
    };
    let name = compiler.raw.texts.intern(&name.to_uppercase())?;
    let text = compiler.raw.texts.intern(&id.to_string())?;
    Ok((compiler.attribute(VEHICLE_TYPE, text)?, name))
}

fn code_of(text: &str) -> Option<[u8; 6]> {
    let mut code = [0; 6];
    if text.len() > code.len() || !text.is_ascii() {
        return None;
    }
    for (place, byte) in code.iter_mut().zip(text.bytes()) {
        *place = byte;
    }
    Some(code)
}
