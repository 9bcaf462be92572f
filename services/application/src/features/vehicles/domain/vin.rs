//! Vehicle identification numbers as people have them: of every country and age, with slips of the pen.

use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

const STANDARD: usize = 17;
/// Shorter ones were stamped until 1981, and are on trailers and machines still.
const SHORTEST: usize = 5;
const CHECK_DIGIT_AT: usize = 8;
/// 49 CFR 565.15(c), by position.
const WEIGHTS: [u32; STANDARD] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

/// A VIN, in capitals and without blanks. It is shown to its tenant and to nobody else: `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, min_length = 5, max_length = 17, example = "1HGCM82633A004352")]
pub(crate) struct Vin(String);

/// What is odd about a VIN. It is kept all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Oddity {
    /// Not 17 characters, as before 1981 or outside ISO 3779.
    Length,
    /// Characters that ISO 3779 leaves out.
    Characters,
    /// The ninth character is not what the others make of it; outside North America it need not be.
    CheckDigit,
}

impl Vin {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let kept = text.chars().filter(|c| !matches!(c, ' ' | '-'));
        let vin: String = kept.map(|c| c.to_ascii_uppercase()).collect();
        let fits = (SHORTEST..=STANDARD).contains(&vin.len())
            && vin.bytes().all(|byte| byte.is_ascii_alphanumeric());
        fits.then_some(Self(vin))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What is odd about it, if anything is.
    pub(crate) fn oddity(&self) -> Option<Oddity> {
        if self.0.len() != STANDARD {
            return Some(Oddity::Length);
        }
        let Some(expected) = check_digit(&self.0) else {
            return Some(Oddity::Characters);
        };
        let actual = self.0.chars().nth(CHECK_DIGIT_AT);
        (actual != Some(expected)).then_some(Oddity::CheckDigit)
    }
}

impl fmt::Debug for Vin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Vin(…)")
    }
}

impl<'de> Deserialize<'de> for Vin {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // The value stays out of the message: messages are logged.
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(
                "must be 5 to 17 letters and digits; blanks and hyphens are ignored",
            )
        })
    }
}

/// What the ninth character of a VIN of 17 characters must be (49 CFR 565.15); none when it holds I, O or Q.
fn check_digit(vin: &str) -> Option<char> {
    let mut sum = 0;
    for (byte, weight) in vin.bytes().zip(WEIGHTS) {
        sum += transliterated(byte)? * weight;
    }
    match sum % 11 {
        10 => Some('X'),
        digit => char::from_digit(digit, 10),
    }
}

/// 49 CFR 565.15(c)(1).
fn transliterated(byte: u8) -> Option<u32> {
    Some(match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        b'A'..=b'H' => u32::from(byte - b'A') + 1,
        b'J'..=b'N' => u32::from(byte - b'J') + 1,
        b'P' => 7,
        b'R' => 9,
        b'S'..=b'Z' => u32::from(byte - b'S') + 2,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oddity(text: &str) -> Option<Oddity> {
        Vin::parse(text).unwrap().oddity()
    }

    #[test]
    fn vins_are_read_as_people_write_them() {
        let vin = Vin::parse(" 1hgcm-82633a 004352").unwrap();
        assert_eq!(vin.as_str(), "1HGCM82633A004352");
        assert_eq!(format!("{vin:?}"), "Vin(…)");
        for text in [
            "",
            "1234",
            "1HGCM82633A0043521",
            "1HGCM82633A00435Ä",
            "ABC\0DEF",
        ] {
            assert!(Vin::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn what_is_odd_is_told_and_not_refused() {
        // 49 CFR 565.15 has the first as its example; the second's check digit is X.
        assert_eq!(oddity("1G4AH59H45G118341"), None);
        assert_eq!(oddity("1M8GDM9AXKP042788"), None);
        assert_eq!(oddity("11111111111111111"), None);
        assert_eq!(oddity("1HGCM82633A004353"), Some(Oddity::CheckDigit));
        assert_eq!(oddity("1HGCM82633A00435O"), Some(Oddity::Characters));
        assert_eq!(oddity("VF1234"), Some(Oddity::Length));
    }
}
