//! Readings of an odometer or an hour meter, in one history whatever they come from.

use super::order::out_of_order;
use super::units::DistanceUnit;
use crate::decimal::{Distance, Hours};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
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

impl ReadingSource {
    const fn is_deal(self) -> bool {
        matches!(self, Self::Purchase | Self::Sale)
    }
}

/// Before there were cars nobody read an odometer; databases end a while before.
pub(crate) const EARLIEST: Timestamp = Timestamp::constant(-2_682_288_000, 0);

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
    /// Since when it is taken out; after 30 days it is gone.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) deleted_at: Option<Timestamp>,
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
    pub(crate) source: ReadingSource,
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
    let readings = placed(readings);
    let distances = chain(&readings, |reading| reading.km, &mut settled.doubted);
    let hours = chain(&readings, |reading| reading.hours, &mut settled.doubted);
    settled.km = distances.map(|(value, _)| value);
    settled.hours = hours.map(|(value, _)| value);
    settled.at = distances.into_iter().chain(hours).map(|(_, at)| at).max();
    settled
}

/// In the order in which they are judged. Of a purchase and a sale the day is known, and neither the hour nor where on Earth: they stand where they go with
/// what was read off about that day.
fn placed(readings: &[Counted]) -> Vec<&Counted> {
    let (deals, mut placed): (Vec<&Counted>, Vec<&Counted>) =
        readings.iter().partition(|it| it.source.is_deal());
    let mut doubted = BTreeSet::new();
    chain(&placed, |reading| reading.km, &mut doubted);
    let mut first = 0;
    for deal in deals {
        let (begin, end) = day_of(deal);
        let follows = |other: &&Counted| {
            let may = other.at >= begin && !doubted.contains(&other.id);
            other.at > end || (may && other.km > deal.km)
        };
        let place = placed.iter().skip(first).position(follows);
        let place = place.map_or(placed.len(), |place| place.saturating_add(first));
        placed.insert(place, deal);
        // The sale comes after the purchase.
        first = place.saturating_add(1);
    }
    placed
}

/// From where a deal's day begins first on Earth to where it ends last.
fn day_of(deal: &Counted) -> (Timestamp, Timestamp) {
    let hours = SignedDuration::from_hours;
    let (before, after) = match deal.source {
        ReadingSource::Sale => (hours(24 + 14), hours(12)),
        _ => (hours(14), hours(24 + 12)),
    };
    (
        deal.at.saturating_sub(before).unwrap_or(Timestamp::MIN),
        deal.at.saturating_add(after).unwrap_or(Timestamp::MAX),
    )
}

/// When a deal of a day is noted down: a purchase as the day begins in UTC, a sale as it ends.
pub(crate) fn time_of_deal(source: ReadingSource, date: Date) -> Option<Timestamp> {
    let begin = date.to_zoned(TimeZone::UTC).ok()?.timestamp();
    match source {
        ReadingSource::Sale => begin.checked_add(SignedDuration::from_secs(86_399)).ok(),
        _ => Some(begin),
    }
}

/// Doubts what contradicts, and says what the latest of the others has.
fn chain(
    readings: &[&Counted],
    value: impl Fn(&Counted) -> Option<Decimal>,
    doubted: &mut BTreeSet<Uuid>,
) -> Option<(Decimal, Timestamp)> {
    let counted: Vec<(&Counted, Decimal)> = readings
        .iter()
        .filter_map(|reading| Some((*reading, value(reading)?)))
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
            source: ReadingSource::Manual,
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

    fn deal(source: ReadingSource, day: i8, km: i64) -> Counted {
        let date = jiff::civil::date(2026, 5, day);
        Counted {
            id: Uuid::from_u128(99),
            source,
            at: time_of_deal(source, date).unwrap(),
            ..counted(day, Some(km), None)
        }
    }

    fn read(at: &str, km: i64) -> Counted {
        Counted {
            at: at.parse().unwrap(),
            ..counted(1, Some(km), None)
        }
    }

    fn is_doubted(mut readings: Vec<Counted>) -> bool {
        readings.sort_by_key(|it| it.at);
        !settle(&readings).doubted.is_empty()
    }

    #[test]
    fn what_was_read_off_on_the_day_of_a_deal_anywhere_on_earth_goes_with_it() {
        let sale = || deal(ReadingSource::Sale, 10, 50_000);
        let purchase = || deal(ReadingSource::Purchase, 10, 10_000);
        // In the morning of the day, in UTC, in Auckland and in Honolulu.
        for at in ["10T08:00:00Z", "09T20:00:00Z", "10T18:00:00Z"] {
            let at = format!("2026-05-{at}");
            assert!(!is_doubted(vec![sale(), read(&at, 49_990)]), "{at}");
            assert!(!is_doubted(vec![purchase(), read(&at, 10_010)]), "{at}");
        }
        // In Los Angeles, the evening before the purchase, and at night after the sale.
        let before = read("2026-05-10T02:00:00Z", 9_990);
        assert!(!is_doubted(vec![purchase(), before]));
        let after = read("2026-05-11T06:00:00Z", 49_990);
        assert!(!is_doubted(vec![sale(), after]));
    }

    #[test]
    fn what_contradicts_a_deal_is_doubted() {
        let sale = || deal(ReadingSource::Sale, 10, 50_000);
        let purchase = || deal(ReadingSource::Purchase, 10, 10_000);
        let days_later = || read("2026-05-14T08:00:00Z", 9_000);
        assert!(is_doubted(vec![purchase(), days_later()]));
        assert!(is_doubted(vec![sale(), days_later()]));
        let turned_back = Counted {
            id: Uuid::from_u128(98),
            ..deal(ReadingSource::Sale, 10, 9_999)
        };
        assert!(is_doubted(vec![purchase(), turned_back]));
    }

    #[test]
    fn the_earliest_reading_is_as_old_as_the_car() {
        assert_eq!(EARLIEST.to_string(), "1885-01-01T00:00:00Z");
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
