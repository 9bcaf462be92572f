//! The check digit, position 9 (49 CFR 565.15 (c)), with the conditions vPIC puts on the other positions.

use crate::vin::Vin;

/// What a position's character counts for.
const WEIGHTS: [i32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

/// What vPIC's check digit function says of a VIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckDigit {
    /// The VIN has not 17 characters.
    Incomplete,
    /// A position has a character that it cannot have.
    Incalculable,
    /// The digit that position 9 should be: 0 to 9 or X.
    Expected(u8),
}

impl CheckDigit {
    /// Whether position 9 is what it should be. vPIC writes `?` for what cannot be calculated, and compares that too.
    pub(crate) fn is_met_by(self, vin: &Vin) -> bool {
        let expected = match self {
            Self::Incomplete => None,
            Self::Incalculable => Some(b'?'),
            Self::Expected(digit) => Some(digit),
        };
        vin.at(9) == expected
    }
}

/// The check digit that a VIN of a passenger car, a multipurpose vehicle or a light truck should have.
pub fn check_digit(vin: &Vin) -> CheckDigit {
    calculate(vin, true)
}

/// `serial_from_13`: position 13 has to be a digit too, as it is for light vehicles.
pub(crate) fn calculate(vin: &Vin, serial_from_13: bool) -> CheckDigit {
    if !vin.is_full() {
        return CheckDigit::Incomplete;
    }
    let low_volume = vin.is_low_volume();
    let mut sum = 0_i32;
    for ((byte, weight), position) in vin.as_bytes().iter().zip(WEIGHTS).zip(1..) {
        let allowed = match position {
            10 => is_year_code(*byte),
            13 if serial_from_13 && !low_volume => byte.is_ascii_digit(),
            14 if !low_volume => byte.is_ascii_digit(),
            15.. => byte.is_ascii_digit(),
            _ => is_vin_character(*byte),
        };
        if !allowed {
            return CheckDigit::Incalculable;
        }
        sum += weight * transliterate(*byte);
    }
    let digit = u8::try_from(sum.rem_euclid(11)).unwrap_or_default();
    CheckDigit::Expected(if digit == 10 { b'X' } else { b'0' + digit })
}

/// vPIC's sets have a comma in them, so to it a comma is a character of a VIN. It is here to answer the same.
fn is_vin_character(byte: u8) -> bool {
    byte == b',' || (byte.is_ascii_alphanumeric() && !matches!(byte, b'I' | b'O' | b'Q'))
}

fn is_year_code(byte: u8) -> bool {
    is_vin_character(byte) && !matches!(byte, b'0' | b'U' | b'Z')
}

fn transliterate(byte: u8) -> i32 {
    i32::from(match byte {
        b'0'..=b'9' => byte - b'0',
        b'A'..=b'H' => byte - b'A' + 1,
        b'J'..=b'N' => byte - b'J' + 1,
        b'P' => 7,
        b'R' => 9,
        b'S'..=b'Z' => byte - b'S' + 2,
        _ => return -1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(vin: &str) -> CheckDigit {
        check_digit(&Vin::verbatim(vin).unwrap())
    }

    #[test]
    fn the_examples_of_the_regulation_and_of_the_street() {
        assert_eq!(of("1M8GDM9A_KP042788"), CheckDigit::Incalculable);
        assert_eq!(of("1M8GDM9A0KP042788"), CheckDigit::Expected(b'X'));
        assert_eq!(of("11111111111111111"), CheckDigit::Expected(b'1'));
        assert_eq!(of("1HGCM82603A004352"), CheckDigit::Expected(b'3'));
        assert_eq!(of("1HGCM826"), CheckDigit::Incomplete);
    }

    #[test]
    fn the_serial_number_of_a_light_vehicle_is_digits() {
        let vin = Vin::verbatim("1HGCM82633A0A4352").unwrap();
        assert_eq!(calculate(&vin, true), CheckDigit::Incalculable);
        assert_ne!(calculate(&vin, false), CheckDigit::Incalculable);
    }
}
