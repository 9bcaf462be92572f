//! The vPIC elements the catalogue is made of, and the dense slots they are kept under.

/// One element's place in slot-indexed arrays.
pub(crate) type Slot = usize;

/// How many slots there are.
pub(crate) const SLOTS: usize = ELEMENT_IDS.len();

/// Element ids by slot; the constants below are positions in this list.
const ELEMENT_IDS: [u16; 25] = [
    13, 11, 12, 9, 18, 24, 66, 64, 135, 126, 71, 125, 37, 63, 38, 109, 28, 5, 15, 34, 110, 14, 4,
    3, 60,
];

/// Displacement (L).
pub(crate) const LITRES: Slot = 0;
/// Displacement (CC).
pub(crate) const CUBIC_CM: Slot = 1;
/// Displacement (CI).
pub(crate) const CUBIC_INCHES: Slot = 2;
/// Engine Number of Cylinders.
pub(crate) const CYLINDERS: Slot = 3;
/// Engine Model.
pub(crate) const ENGINE_MODEL: Slot = 4;
/// Fuel Type - Primary.
pub(crate) const FUEL_PRIMARY: Slot = 5;
/// Fuel Type - Secondary.
pub(crate) const FUEL_SECONDARY: Slot = 6;
/// Engine Configuration.
pub(crate) const CONFIGURATION: Slot = 7;
/// Turbo.
pub(crate) const TURBO: Slot = 8;
/// Electrification Level.
pub(crate) const ELECTRIFICATION: Slot = 9;
/// Engine Brake (hp) From.
pub(crate) const POWER_FROM: Slot = 10;
/// Engine Brake (hp) To.
pub(crate) const POWER_TO: Slot = 11;
/// Transmission Style.
pub(crate) const STYLE: Slot = 12;
/// Transmission Speeds.
pub(crate) const SPEEDS: Slot = 13;
/// Trim.
pub(crate) const TRIM: Slot = 14;
/// Trim2.
pub(crate) const TRIM_2: Slot = 15;
/// Model.
pub(crate) const MODEL: Slot = 16;

/// The slots that describe an engine: the first ten.
pub(crate) const ENGINE_SLOTS: usize = POWER_FROM;
/// Keys with one of these carry an engine.
pub(crate) const ENGINE_CARRIERS: [Slot; 5] =
    [LITRES, CUBIC_CM, CUBIC_INCHES, CYLINDERS, ENGINE_MODEL];
/// Keys with one of these carry an engine where none of [`ENGINE_CARRIERS`] does.
pub(crate) const FALLBACK_CARRIERS: [Slot; 3] = [FUEL_PRIMARY, ELECTRIFICATION, POWER_FROM];

/// The slot of an element, if the catalogue needs it.
pub(crate) fn slot_of(element_id: u32) -> Option<u8> {
    let at = ELEMENT_IDS
        .iter()
        .position(|&id| u32::from(id) == element_id)?;
    u8::try_from(at).ok()
}
