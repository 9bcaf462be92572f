//! Exact decimals: plain JSON numbers outside, never floating point inside.

use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{KnownFormat, RefOr, Schema, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

/// Up to so many decimals are kept.
const SCALE: u32 = 3;

/// A number from 0 to `MOST` with up to three decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Amount<const MOST: u64>(Decimal);

/// A distance in kilometres or miles.
pub(crate) type Distance = Amount<9_999_999>;
/// Engine hours.
pub(crate) type Hours = Amount<9_999_999>;
/// What a tank or a battery holds.
pub(crate) type Capacity = Amount<99_999>;
/// A price, in whatever currency.
pub(crate) type Price = Amount<9_999_999_999>;

impl<const MOST: u64> Amount<MOST> {
    /// As a decimal that is in range, rounded half up to three decimals.
    pub(crate) fn rounded(value: Decimal) -> Self {
        let value = value.clamp(Decimal::ZERO, Decimal::from(MOST));
        let half_up = rust_decimal::RoundingStrategy::MidpointAwayFromZero;
        Self(value.round_dp_with_strategy(SCALE, half_up).normalize())
    }

    /// The decimal.
    pub(crate) fn decimal(self) -> Decimal {
        self.0
    }
}

impl<const MOST: u64> Serialize for Amount<MOST> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Up to thirteen digits: the shortest text of the nearest double is the decimal again.
        match self.0.to_i64().filter(|_| self.0.is_integer()) {
            Some(whole) => serializer.serialize_i64(whole),
            None => serializer.serialize_f64(self.0.to_f64().unwrap_or_default()),
        }
    }
}

impl<'de, const MOST: u64> Deserialize<'de> for Amount<MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number<const MOST: u64>;

        impl<const MOST: u64> Number<MOST> {
            fn checked<E: Error>(
                value: Option<Decimal>,
                sent: Unexpected<'_>,
            ) -> Result<Amount<MOST>, E> {
                let in_range = |value: &Decimal| !value.is_sign_negative() || value.is_zero();
                value
                    .map(|value| value.normalize())
                    .filter(in_range)
                    .filter(|value| *value <= Decimal::from(MOST) && value.scale() <= SCALE)
                    .map(Amount)
                    .ok_or_else(|| {
                        let expected =
                            format!("a number from 0 to {MOST} with at most {SCALE} decimals");
                        E::invalid_value(sent, &expected.as_str())
                    })
            }
        }

        impl<const MOST: u64> Visitor<'_> for Number<MOST> {
            type Value = Amount<MOST>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(
                    out,
                    "a number from 0 to {MOST} with at most {SCALE} decimals"
                )
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
                Self::checked(Some(Decimal::from(value)), Unexpected::Unsigned(value))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
                Self::checked(Some(Decimal::from(value)), Unexpected::Signed(value))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
                Self::checked(Decimal::from_f64(value), Unexpected::Float(value))
            }
        }

        deserializer.deserialize_any(Number::<MOST>)
    }
}

impl<const MOST: u64> PartialSchema for Amount<MOST> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Number)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Double)))
            .minimum(Some(0))
            .maximum(Some(usize::try_from(MOST).unwrap_or(usize::MAX)))
            .multiple_of(Some(0.001))
            .into()
    }
}

impl<const MOST: u64> ToSchema for Amount<MOST> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("Amount{MOST}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Amount<1_000>, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn what_is_written_is_what_was_read() {
        for text in ["0", "9.99", "40.5", "0.001", "999.999", "1000", "0.1"] {
            let amount = read(text).unwrap();
            assert_eq!(serde_json::to_string(&amount).unwrap(), text);
        }
        assert_eq!(read("40.500").unwrap(), read("40.5").unwrap());
    }

    #[test]
    fn other_things_are_refused() {
        for text in [
            "-1", "1000.001", "1001", "0.0001", "\"9,99\"", "\"9.99\"", "1e400", "null", "true",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn halves_are_rounded_up() {
        let amount = Amount::<1_000>::rounded(Decimal::new(12_345, 4));
        assert_eq!(amount.decimal(), Decimal::new(1_235, 3));
    }
}
