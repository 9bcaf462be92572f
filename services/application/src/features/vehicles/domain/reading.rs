//! Readings of an odometer or an hour meter, in one history whatever they come from.

use super::order::out_of_order;
use super::units::DistanceUnit;
use crate::decimal::{Distance, Hours};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;
use uuid::Uuid;

/// Where a reading comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReadingSource {
    /// Read off and typed in.
    #[default]
    Manual,
    /// From the purchase.
    Purchase,
    /// From the sale.
    Sale,
    /// From a fill-up.
    Fuel,
    /// From a visit to the workshop.
    Service,
    /// From another program's file.
    Import,
    /// From the vehicle itself.
    Telematics,
}

/// Which instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum InstrumentKind {
    /// Counts distance.
    Odometer,
    /// Counts engine hours.
    HourMeter,
}

/// What was read off. At least one of `distance` and `engine_hours`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "at": "2026-05-01T08:30:00Z", "distance": 84_210, "unit": "km" }))]
pub(crate) struct ReadingToAdd {
    /// When; now where it is absent. A time with its offset.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) at: Option<Timestamp>,
    /// As the instrument showed it.
    #[serde(default)]
    #[schema(example = 84_210)]
    pub(crate) distance: Option<Distance>,
    /// Of `distance`; the vehicle's unit where it is absent.
    #[serde(default)]
    pub(crate) unit: Option<DistanceUnit>,
    #[serde(default)]
    pub(crate) engine_hours: Option<Hours>,
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub(crate) note: Option<String>,
}

/// A reading.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Reading {
    pub(crate) id: Uuid,
    pub(crate) version: i64,
    pub(crate) created_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Timestamp,
    pub(crate) source: ReadingSource,
    /// As it was read off, in `unit`.
    pub(crate) distance: Option<Distance>,
    pub(crate) unit: Option<DistanceUnit>,
    pub(crate) engine_hours: Option<Hours>,
    /// With what earlier instruments had counted, in the vehicle's present unit.
    pub(crate) total_distance: Option<Distance>,
    pub(crate) total_distance_km: Option<Distance>,
    pub(crate) total_engine_hours: Option<Hours>,
    /// It contradicts other readings: odometers count up.
    pub(crate) out_of_order: bool,
    pub(crate) note: Option<String>,
}

/// An instrument that took another one's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "kind": "odometer", "since": "2024-01-01T00:00:00Z", "old_value": 152_000, "new_value": 12 }))]
pub(crate) struct Replacement {
    pub(crate) kind: InstrumentKind,
    /// Readings from then on are the new one's.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) since: Timestamp,
    /// What the old one showed at the end.
    #[schema(example = 152_000)]
    pub(crate) old_value: Distance,
    /// What the new one showed at first.
    #[schema(example = 12)]
    pub(crate) new_value: Distance,
    /// Of an odometer's values; the vehicle's unit where it is absent.
    #[serde(default)]
    pub(crate) unit: Option<DistanceUnit>,
}

/// A reading as it counts: enough to find its place among the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) id: Uuid,
    pub(crate) at: Timestamp,
    pub(crate) km: Option<Decimal>,
    pub(crate) hours: Option<Decimal>,
}

/// What follows from all readings of a vehicle.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Settled {
    pub(crate) doubted: BTreeSet<Uuid>,
    pub(crate) km: Option<Decimal>,
    pub(crate) hours: Option<Decimal>,
    pub(crate) at: Option<Timestamp>,
}

/// `readings` in the order of their time.
pub(crate) fn settle(readings: &[Counted]) -> Settled {
    let mut settled = Settled::default();
    let distances = chain(readings, |reading| reading.km, &mut settled.doubted);
    let hours = chain(readings, |reading| reading.hours, &mut settled.doubted);
    settled.km = distances.map(|(value, _)| value);
    settled.hours = hours.map(|(value, _)| value);
    settled.at = distances.into_iter().chain(hours).map(|(_, at)| at).max();
    settled
}

/// Doubts what contradicts, and says what the latest of the others has.
fn chain(
    readings: &[Counted],
    value: impl Fn(&Counted) -> Option<Decimal>,
    doubted: &mut BTreeSet<Uuid>,
) -> Option<(Decimal, Timestamp)> {
    let counted: Vec<(&Counted, Decimal)> = readings
        .iter()
        .filter_map(|reading| Some((reading, value(reading)?)))
        .collect();
    let values: Vec<Decimal> = counted.iter().map(|(_, value)| *value).collect();
    let mut latest = None;
    for ((reading, value), is_doubted) in counted.iter().zip(out_of_order(&values)) {
        if is_doubted {
            doubted.insert(reading.id);
        } else {
            latest = Some((*value, reading.at));
        }
    }
    latest
}

/// What earlier instruments had counted when this one began, to be added to what it shows.
pub(crate) fn offset(replacements: &[Replacement], kind: InstrumentKind, at: Timestamp) -> Decimal {
    let mut before: Vec<&Replacement> = replacements
        .iter()
        .filter(|it| it.kind == kind && it.since <= at)
        .collect();
    before.sort_by_key(|it| it.since);
    before
        .into_iter()
        .fold(Decimal::ZERO, |offset, replacement| {
            let unit = replacement.unit.unwrap_or_default();
            let (old, new) = match kind {
                InstrumentKind::Odometer => (
                    unit.to_km(replacement.old_value),
                    unit.to_km(replacement.new_value),
                ),
                InstrumentKind::HourMeter => (
                    replacement.old_value.decimal(),
                    replacement.new_value.decimal(),
                ),
            };
            offset.saturating_add(old).saturating_sub(new)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn time(day: i8) -> Timestamp {
        format!("2026-05-{day:02}T12:00:00Z").parse().unwrap()
    }

    fn counted(day: i8, km: Option<i64>, hours: Option<i64>) -> Counted {
        Counted {
            id: Uuid::from_u128(u128::from(day.unsigned_abs())),
            at: time(day),
            km: km.map(Decimal::from),
            hours: hours.map(Decimal::from),
        }
    }

    #[test]
    fn the_odometer_stands_where_the_latest_believable_reading_has_it() {
        let settled = settle(&[
            counted(1, Some(100), Some(5)),
            counted(2, Some(99_999), None),
            counted(3, Some(300), Some(4)),
            counted(4, Some(400), None),
        ]);
        assert_eq!(settled.km, Some(Decimal::from(400)));
        assert_eq!(settled.hours, Some(Decimal::from(5)));
        assert_eq!(settled.at, Some(time(4)));
        // The second by its distance, the third by its hours.
        let doubted: Vec<_> = settled.doubted.iter().map(Uuid::as_u128).collect();
        assert_eq!(doubted, [2, 3]);
        assert_eq!(settle(&[]), Settled::default());
    }

    #[test]
    fn what_earlier_instruments_counted_is_added() {
        let replacement = |day, old: u32, new: u32, unit| -> Replacement {
            serde_json::from_value(json!({ "kind": "odometer", "since": time(day), "old_value": old, "new_value": new, "unit": unit })).unwrap()
        };
        let replacements = [
            replacement(10, 1_000, 0, "mi"),
            replacement(5, 2_000, 12, "km"),
        ];
        let at = |day| offset(&replacements, InstrumentKind::Odometer, time(day));
        assert_eq!(at(4), Decimal::ZERO);
        assert_eq!(at(5), Decimal::from(1_988));
        assert_eq!(at(10), Decimal::new(1_988_000 + 1_609_344, 3));
        assert_eq!(
            offset(&replacements, InstrumentKind::HourMeter, time(10)),
            Decimal::ZERO
        );
    }
}
