//! The log of a vehicle's odometer: adding, correcting and taking out readings, and instruments that are replaced.

use super::profile::Profile;
use super::reading::{
    Counted, EARLIEST, InstrumentKind, Reading, ReadingSource, ReadingToAdd, Replacement, offset,
    settle, time_of_deal,
};
use super::readings::{self, Instrument, Shown, Written};
use super::vehicle::Vehicle;
use crate::change::Change;
use crate::decimal::{Distance, Hours};
use crate::features::activity::Note;
use fault::Fault;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

const LONGEST_NOTE: usize = 1_000;
/// Clocks differ, and days begin elsewhere; nobody reads an odometer the day after tomorrow.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// Adds a reading.
pub(super) async fn add(
    change: &mut Change,
    vehicle: &Vehicle,
    new: &ReadingToAdd,
) -> Result<Reading, Fault> {
    let id = vehicle.facts.id;
    readings::lock(change.transaction(), id).await?;
    let written = written(change, vehicle, new, Timestamp::now()).await?;
    let reading = Uuid::now_v7();
    let context = change.context().clone();
    readings::insert(change.transaction(), &context, reading, id, &written).await?;
    settle_all(change, id).await?;
    let added = find(change, vehicle, reading).await?;
    let note = Note::new("reading.added", reading).of(id);
    change.note(note.between(&(), &told(&added)));
    Ok(added)
}

/// Corrects a reading.
pub(super) async fn correct(
    change: &mut Change,
    vehicle: &Vehicle,
    before: &Reading,
    new: &ReadingToAdd,
) -> Result<Reading, Fault> {
    typed_in(before)?;
    let id = vehicle.facts.id;
    let written = written(change, vehicle, new, before.at).await?;
    readings::update(change.transaction(), before.id, &written).await?;
    settle_all(change, id).await?;
    let after = find(change, vehicle, before.id).await?;
    let note = Note::new("reading.changed", before.id).of(id);
    change.note(note.between(&told(before), &told(&after)));
    Ok(after)
}

fn typed_in(reading: &Reading) -> Result<(), Fault> {
    if reading.source == ReadingSource::Manual {
        return Ok(());
    }
    Err(Fault::conflict(
        "The reading follows from something else; change that.",
    ))
}

/// Takes a reading out, or puts it back.
pub(super) async fn set_deleted(
    change: &mut Change,
    vehicle: &Vehicle,
    reading: Uuid,
    deleted: bool,
) -> Result<(), Fault> {
    let id = vehicle.facts.id;
    readings::lock(change.transaction(), id).await?;
    if deleted {
        typed_in(&find(change, vehicle, reading).await?)?;
    }
    if !readings::set_deleted(change.transaction(), reading, id, deleted).await? {
        return Err(Fault::not_found());
    }
    // While it was out, instruments may have been replaced.
    recount(change, id).await?;
    let action = if deleted {
        "reading.deleted"
    } else {
        "reading.restored"
    };
    change.note(Note::new(action, reading).of(id));
    Ok(())
}

/// The reading, with the log kept for this change.
pub(super) async fn locked(
    change: &Change,
    vehicle: &Vehicle,
    reading: Uuid,
) -> Result<Reading, Fault> {
    readings::lock(change.transaction(), vehicle.facts.id).await?;
    find(change, vehicle, reading).await
}

pub(super) async fn find(
    change: &Change,
    vehicle: &Vehicle,
    reading: Uuid,
) -> Result<Reading, Fault> {
    let (id, unit) = (vehicle.facts.id, vehicle.profile.distance_unit);
    let found = readings::find(change.transaction(), reading, id, unit).await?;
    found.ok_or_else(Fault::not_found)
}

/// What of a reading is worth a line in the activity.
fn told(reading: &Reading) -> serde_json::Value {
    serde_json::json!({
        "at": reading.at,
        "distance": reading.distance,
        "unit": reading.unit,
        "engine_hours": reading.engine_hours,
        "note": reading.note,
    })
}

/// A reading as it is kept, counted with what earlier instruments had.
async fn written<'a>(
    change: &Change,
    vehicle: &Vehicle,
    new: &'a ReadingToAdd,
    otherwise: Timestamp,
) -> Result<Written<'a>, Fault> {
    let at = new.at.unwrap_or(otherwise);
    check(new, at)?;
    let unit = new.unit.unwrap_or(vehicle.profile.distance_unit);
    let replacements = replacements(change, vehicle.facts.id).await?;
    let shown = Shown {
        id: Uuid::nil(),
        source: ReadingSource::Manual,
        at,
        distance: new.distance.map(|distance| (distance, unit)),
        hours: new.engine_hours,
        total_km: None,
        total_hours: None,
    };
    let counted = count(&shown, &replacements);
    Ok(Written {
        at,
        distance: new.distance.map(Distance::decimal),
        unit: new.distance.map(|_| unit.as_str()),
        hours: new.engine_hours.map(Hours::decimal),
        total_km: counted.km,
        total_hours: counted.hours,
        note: new.note.as_deref(),
    })
}

fn check(new: &ReadingToAdd, at: Timestamp) -> Result<(), Fault> {
    if new.distance.is_none() && new.engine_hours.is_none() {
        let detail = "must be there, or engine_hours";
        return Err(Fault::invalid("/body/distance", detail));
    }
    possible("/body/at", at)?;
    let note = new.note.as_deref().unwrap_or_default();
    if note.chars().count() > LONGEST_NOTE || note.contains('\0') {
        let detail = "must have at most 1000 printable characters";
        return Err(Fault::invalid("/body/note", detail));
    }
    Ok(())
}

/// There were cars, and it has happened.
fn possible(pointer: &str, at: Timestamp) -> Result<(), Fault> {
    let ahead = Timestamp::now().saturating_add(AHEAD);
    if at > ahead.unwrap_or(Timestamp::MAX) {
        return Err(Fault::invalid(pointer, "must not be in the future"));
    }
    if at < EARLIEST {
        return Err(Fault::invalid(pointer, "must be from 1885 on"));
    }
    Ok(())
}

/// What a reading counts. An instrument that was taken out at more than it ever showed later may leave less than nothing: that is nothing.
fn count(shown: &Shown, replacements: &[Replacement]) -> Counted {
    let of = |kind| offset(replacements, kind, shown.at);
    let total = |value: Decimal, kind| value.saturating_add(of(kind)).max(Decimal::ZERO);
    Counted {
        id: shown.id,
        source: shown.source,
        at: shown.at,
        km: shown
            .distance
            .map(|(distance, unit)| total(unit.to_km(distance), InstrumentKind::Odometer)),
        hours: shown
            .hours
            .map(|hours: Hours| total(hours.decimal(), InstrumentKind::HourMeter)),
    }
}

async fn replacements(change: &Change, vehicle: Uuid) -> Result<Vec<Replacement>, Fault> {
    let instruments = readings::instruments(change.transaction(), vehicle).await?;
    Ok(instruments.iter().map(Replacement::from).collect())
}

/// Says anew what all readings together say.
async fn settle_all(change: &Change, vehicle: Uuid) -> Result<(), Fault> {
    let shown = readings::shown(change.transaction(), vehicle).await?;
    let counted: Vec<Counted> = shown.iter().map(as_counted).collect();
    let settled = settle(&counted);
    Ok(readings::settle(change.transaction(), vehicle, &settled).await?)
}

fn as_counted(shown: &Shown) -> Counted {
    Counted {
        id: shown.id,
        source: shown.source,
        at: shown.at,
        km: shown.total_km,
        hours: shown.total_hours,
    }
}

/// Replaces an instrument; what was read off since then counts anew.
pub(super) async fn replace(
    change: &mut Change,
    vehicle: &Vehicle,
    new: Replacement,
) -> Result<Instrument, Fault> {
    let new = complete(new, vehicle)?;
    let (vehicle, id) = (vehicle.facts.id, Uuid::now_v7());
    readings::lock(change.transaction(), vehicle).await?;
    let context = change.context().clone();
    let inserted =
        readings::insert_instrument(change.transaction(), &context, id, vehicle, &new).await;
    inserted.map_err(|error| {
        if error.sql_state() == Some(&SqlState::UNIQUE_VIOLATION) {
            return Fault::conflict("An instrument was replaced at this very time already.");
        }
        error.into()
    })?;
    recount(change, vehicle).await?;
    change.note(
        Note::new("instrument.replaced", id)
            .of(vehicle)
            .between(&(), &new),
    );
    instrument(change, vehicle, id).await
}

/// An instrument that took another one's place.
pub(super) async fn instrument(
    change: &Change,
    vehicle: Uuid,
    id: Uuid,
) -> Result<Instrument, Fault> {
    let all = readings::instruments(change.transaction(), vehicle).await?;
    let found = all.into_iter().find(|instrument| instrument.id == id);
    found.ok_or_else(Fault::not_found)
}

fn complete(mut new: Replacement, vehicle: &Vehicle) -> Result<Replacement, Fault> {
    new.unit = match (new.kind, new.unit) {
        (InstrumentKind::Odometer, unit) => Some(unit.unwrap_or(vehicle.profile.distance_unit)),
        (InstrumentKind::HourMeter, None) => None,
        (InstrumentKind::HourMeter, Some(_)) => {
            return Err(Fault::invalid(
                "/body/unit",
                "must be absent for an hour meter",
            ));
        }
    };
    possible("/body/since", new.since)?;
    Ok(new)
}

/// Forgets a replacement.
pub(super) async fn forget(
    change: &mut Change,
    vehicle: &Vehicle,
    instrument: Uuid,
) -> Result<(), Fault> {
    let vehicle = vehicle.facts.id;
    readings::lock(change.transaction(), vehicle).await?;
    if !readings::delete_instrument(change.transaction(), instrument, vehicle).await? {
        return Err(Fault::not_found());
    }
    recount(change, vehicle).await?;
    change.note(Note::new("instrument.forgotten", instrument).of(vehicle));
    Ok(())
}

async fn recount(change: &Change, vehicle: Uuid) -> Result<(), Fault> {
    let replacements = replacements(change, vehicle).await?;
    for shown in readings::shown(change.transaction(), vehicle).await? {
        let counted = count(&shown, &replacements);
        if (counted.km, counted.hours) != (shown.total_km, shown.total_hours) {
            readings::set_total(change.transaction(), &counted).await?;
        }
    }
    settle_all(change, vehicle).await
}

/// A purchase and a sale with a date and a distance are readings. Says whether there was anything to do. The log is kept for this change already, or the
/// vehicle is new.
pub(super) async fn note_deals(
    change: &Change,
    vehicle: Uuid,
    before: Option<&Profile>,
    after: &Profile,
) -> Result<bool, Fault> {
    let deals = |profile: &Profile| [profile.purchase.clone(), profile.sale.clone()];
    let (was, is) = (before.map(deals).unwrap_or_default(), deals(after));
    if was == is {
        return Ok(false);
    }
    let replacements = replacements(change, vehicle).await?;
    for (deal, source) in is
        .iter()
        .zip([ReadingSource::Purchase, ReadingSource::Sale])
    {
        let at = deal.date.and_then(|date| time_of_deal(source, date));
        let read = at.zip(deal.odometer_km).map(|(at, km): (_, Distance)| {
            let before = offset(&replacements, InstrumentKind::Odometer, at);
            let total = km.decimal().saturating_add(before).max(Decimal::ZERO);
            (at, km, total)
        });
        readings::put_deal(
            change.transaction(),
            change.context(),
            vehicle,
            source,
            read,
        )
        .await?;
    }
    settle_all(change, vehicle).await?;
    Ok(true)
}
