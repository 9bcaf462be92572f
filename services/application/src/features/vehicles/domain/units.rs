//! Units of distance and volume, and what they are in kilometres.

use crate::decimal::Distance;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A mile in kilometres: 1.609344, exactly.
const KM_A_MILE: Decimal = Decimal::from_parts(1_609_344, 0, 0, false, 6);

/// What an odometer counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DistanceUnit {
    /// Kilometres.
    #[default]
    Km,
    /// Miles.
    Mi,
}

/// What fuel is sold in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VolumeUnit {
    /// Litres.
    #[default]
    L,
    /// US gallons.
    UsGal,
    /// UK gallons.
    UkGal,
}

impl DistanceUnit {
    /// A distance in this unit, in kilometres; three decimals.
    pub(crate) fn to_km(self, distance: Distance) -> Decimal {
        match self {
            Self::Km => distance.decimal(),
            Self::Mi => distance.decimal().saturating_mul(KM_A_MILE).round_dp(6),
        }
    }

    /// Kilometres in this unit, rounded half up to three decimals.
    pub(crate) fn of_km(self, km: Decimal) -> Distance {
        match self {
            Self::Km => Distance::rounded(km),
            Self::Mi => Distance::rounded(km.checked_div(KM_A_MILE).unwrap_or_default()),
        }
    }

    /// As the database has it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Km => "km",
            Self::Mi => "mi",
        }
    }

    pub(crate) fn parse(text: &str) -> Self {
        if text == "mi" { Self::Mi } else { Self::Km }
    }
}

impl VolumeUnit {
    /// As the database has it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::L => "l",
            Self::UsGal => "us_gal",
            Self::UkGal => "uk_gal",
        }
    }

    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "us_gal" => Self::UsGal,
            "uk_gal" => Self::UkGal,
            _ => Self::L,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(text: &str) -> Distance {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn miles_become_kilometres_and_the_same_miles_again() {
        assert_eq!(DistanceUnit::Mi.to_km(reading("1")), KM_A_MILE);
        for text in ["0.001", "1", "12345", "99999.9", "999999.999"] {
            let km = DistanceUnit::Mi.to_km(reading(text));
            assert_eq!(DistanceUnit::Mi.of_km(km), reading(text), "{text}");
        }
        assert_eq!(DistanceUnit::Km.of_km(KM_A_MILE), reading("1.609"));
    }
}
