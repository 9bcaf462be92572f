//! How much of a VIN a release explains.

use vin_decoder::{Decoded, ErrorCode};

const MODEL: u8 = 28;
/// Positions 4 to 8 and 11: description and plant.
const DESCRIPTIVE_POSITIONS: u8 = 6;

const MANUFACTURER: f64 = 0.25;
const POSITIONS: f64 = 0.35;
const KNOWN_MODEL: f64 = 0.2;
const YEAR: f64 = 0.1;
const CHECK_DIGIT: f64 = 0.1;

/// 0 to 1. The sum of: 0.25 when the manufacturer is known; 0.35 times the share of the positions 4 to 8 and 11 that a
/// matched pattern names; 0.2 when there is a model; 0.1 when only one model year is possible; 0.1 when the check digit is
/// right. Nothing for a VIN whose manufacturer is not known.
pub(super) fn confidence(decoded: &Decoded<'_>) -> f64 {
    let has = |code| decoded.errors.contains(&code);
    if has(ErrorCode::UnknownManufacturer) {
        return 0.0;
    }
    let explained = decoded.explained_positions.min(DESCRIPTIVE_POSITIONS);
    let share = f64::from(explained) / f64::from(DESCRIPTIVE_POSITIONS);
    let year =
        decoded.model_year.is_some() && decoded.is_year_certain && !has(ErrorCode::OtherModelYear);
    let when = |applies: bool, worth: f64| if applies { worth } else { 0.0 };
    let sum = MANUFACTURER
        + POSITIONS * share
        + when(decoded.value(MODEL).is_some(), KNOWN_MODEL)
        + when(year, YEAR)
        + when(decoded.is_check_digit_met, CHECK_DIGIT);
    (sum * 100.0).round() / 100.0
}
