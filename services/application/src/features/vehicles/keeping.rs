//! Adding, changing, throwing away and bringing back vehicles.

use super::decoding::{Decoded, completed, decode};
use super::filled_in::FilledIn;
use super::later::{decode_operation, purge_operation};
use super::profile::{Profile, Wrong};
use super::vehicle::{DecodingStatus, Draft, Vehicle};
use super::{logbook, readings, vehicles};
use crate::change::Change;
use crate::features::activity::Note;
use crate::features::platform_data::PlatformData;
use crate::features::{deferred, usage};
use crate::tenancy::{Edits, Member};
use fault::Fault;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use pg::Db;
use problem::{Code, Problem};
use service::server::validators::outdated;
use uuid::Uuid;

/// Checks a new vehicle, or one that was changed, and asks what its VIN says where that is another one than `before`. `said` is the whole without what a VIN
/// filled in.
pub(super) async fn prepare(
    platform: &PlatformData,
    member: &Member<Edits>,
    whole: Profile,
    said: Profile,
    before: Option<&Vehicle>,
) -> Result<Draft, Problem> {
    acceptable(whole.check(Timestamp::now().to_zoned(TimeZone::UTC).date()))?;
    if whole.vin.is_none() {
        // What a VIN that was taken away had filled in stays, and goes when another one comes.
        return Ok(Draft {
            filled_in: FilledIn::between(&said, &whole),
            profile: whole,
            decoding: DecodingStatus::None,
            decoded_from: None,
            is_asked: false,
        });
    }
    if let Some(before) = before.filter(|before| before.profile.vin == whole.vin) {
        let decoding = &before.facts.decoding;
        return Ok(Draft {
            filled_in: FilledIn::between(&said, &whole),
            profile: whole,
            decoding: decoding.status,
            decoded_from: decoding.source.clone(),
            is_asked: false,
        });
    }
    Ok(ask(platform, member, said, FilledIn::default()).await)
}

/// Asks anew what the VIN of a vehicle says.
pub(super) async fn prepare_again(
    platform: &PlatformData,
    member: &Member<Edits>,
    before: &Vehicle,
) -> Result<Draft, Problem> {
    if before.profile.vin.is_none() {
        return Err(Fault::conflict("The vehicle has no VIN.").into());
    }
    let (whole, filled_in) = (before.profile.clone(), before.filled_in.clone());
    Ok(ask(platform, member, whole, filled_in).await)
}

async fn ask(
    platform: &PlatformData,
    member: &Member<Edits>,
    whole: Profile,
    filled_in: FilledIn,
) -> Draft {
    let asking = member.asked.within(platform.vin_patience());
    let decoded = decode(platform, &whole, &filled_in, &asking).await;
    if let Decoded::Broken = decoded {
        tracing::warn!("what vehicle data says of a VIN cannot be read; it is asked again later");
    }
    completed(whole, filled_in, &decoded)
}

fn acceptable(wrong: Vec<Wrong>) -> Result<(), Problem> {
    if wrong.is_empty() {
        return Ok(());
    }
    let refusal = Problem::new(Code::InvalidBody).detail("The vehicle is not acceptable.");
    let tell = |problem: Problem, (pointer, detail): Wrong| problem.error(pointer, detail);
    Err(wrong.into_iter().fold(refusal, tell))
}

/// Adds a vehicle.
pub(super) async fn add(
    change: &mut Change,
    member: &Member<Edits>,
    draft: &Draft,
) -> Result<Vehicle, Fault> {
    room_for_one(change, member).await?;
    free(change, &draft.profile, None).await?;
    let (id, context) = (Uuid::now_v7(), change.context().clone());
    let added = vehicles::insert(change.transaction(), &context, id, draft).await?;
    let added = added.ok_or_else(Fault::not_found)?;
    change.note(Note::new("vehicle.added", id).between(&(), &added.profile));
    usage::changed(change).await?;
    follow(change, None, added).await
}

/// Changes a vehicle to what was prepared from `before`; `action` is what to call it.
pub(super) async fn change(
    change: &mut Change,
    before: &Vehicle,
    draft: &Draft,
    action: &'static str,
) -> Result<Vehicle, Fault> {
    let id = before.facts.id;
    // The log before its vehicle, as everywhere: who adds a reading has the one and then needs the other.
    readings::lock(change.transaction(), id).await?;
    let present = living(vehicles::lock(change.transaction(), id).await?)?;
    if present.facts.version != before.facts.version {
        return Err(outdated(present.facts.version).into());
    }
    free(change, &draft.profile, Some(id)).await?;
    let after = vehicles::update(change.transaction(), id, draft).await?;
    let after = after.ok_or_else(Fault::not_found)?;
    let note = Note::new(action, id).between(&before.profile, &after.profile);
    change.note(note);
    follow(change, Some(&before.profile), after).await
}

/// What follows from a vehicle as it was kept: its deals are readings, and an open VIN is decoded later.
async fn follow(
    change: &mut Change,
    before: Option<&Profile>,
    vehicle: Vehicle,
) -> Result<Vehicle, Fault> {
    decode_if_open(change, &vehicle).await?;
    if !logbook::note_deals(change, vehicle.facts.id, before, &vehicle.profile).await? {
        return Ok(vehicle);
    }
    let now = vehicles::find_in(change.transaction(), vehicle.facts.id).await?;
    now.ok_or_else(Fault::not_found)
}

async fn decode_if_open(change: &Change, vehicle: &Vehicle) -> Result<(), Fault> {
    if vehicle.facts.decoding.status != DecodingStatus::Pending {
        return Ok(());
    }
    let operation = decode_operation(vehicle);
    Ok(deferred::queue(change.transaction(), change.context(), &operation).await?)
}

/// Into the trash.
pub(super) async fn throw_away(change: &mut Change, id: Uuid) -> Result<(), Fault> {
    living(vehicles::lock(change.transaction(), id).await?)?;
    let gone = vehicles::set_deleted(change.transaction(), id, true).await?;
    let gone = gone.ok_or_else(Fault::not_found)?;
    let operation = purge_operation(&gone);
    deferred::queue(change.transaction(), change.context(), &operation).await?;
    change.note(Note::new("vehicle.deleted", id));
    usage::changed(change).await?;
    Ok(())
}

/// Out of the trash. A vehicle that is not in it stays as it is.
pub(super) async fn bring_back(
    change: &mut Change,
    member: &Member<Edits>,
    id: Uuid,
) -> Result<Vehicle, Fault> {
    let present = vehicles::lock(change.transaction(), id).await?;
    let present = present.ok_or_else(Fault::not_found)?;
    if present.facts.deleted_at.is_none() {
        return Ok(present);
    }
    room_for_one(change, member).await?;
    free(change, &present.profile, Some(id)).await?;
    let back = vehicles::set_deleted(change.transaction(), id, false).await?;
    let back = back.ok_or_else(Fault::not_found)?;
    deferred::cancel(change.transaction(), id, super::PURGE).await?;
    // In the trash it was not decoded.
    decode_if_open(change, &back).await?;
    change.note(Note::new("vehicle.restored", id));
    usage::changed(change).await?;
    Ok(back)
}

/// The vehicle of a member's question, unless it is in the trash.
pub(super) async fn find_living<R>(
    db: &Db,
    member: &Member<R>,
    id: Uuid,
) -> Result<Vehicle, Fault> {
    living(vehicles::find(db, &member.context(), id).await?)
}

/// What is in the trash is not there, but for who looks into it.
pub(super) fn living(found: Option<Vehicle>) -> Result<Vehicle, Fault> {
    found
        .filter(|vehicle| vehicle.facts.deleted_at.is_none())
        .ok_or_else(Fault::not_found)
}

/// The plan includes one more.
async fn room_for_one(change: &Change, member: &Member<Edits>) -> Result<(), Fault> {
    let quota = member.membership.tenant.quota.get("vehicles");
    let Some(limit) = quota.and_then(|quota| quota.limit) else {
        return Ok(());
    };
    vehicles::lock_fleet(change.transaction(), member.tenant()).await?;
    let count = vehicles::count(change.transaction()).await?;
    if count < limit {
        return Ok(());
    }
    Err(Problem::new(Code::QuotaExceeded)
        .detail(format!(
            "The plan includes {limit} vehicles, and there are {count}."
        ))
        .into())
}

/// No other living vehicle has its VIN, and until the change ends none gets it.
async fn free(change: &Change, profile: &Profile, own: Option<Uuid>) -> Result<(), Fault> {
    let Some(vin) = &profile.vin else {
        return Ok(());
    };
    let tenant = change.context().tenant_id;
    vehicles::lock_vin(change.transaction(), tenant, vin.as_str()).await?;
    let other = vehicles::with_vin(change.transaction(), vin.as_str()).await?;
    let Some(other) = other.filter(|other| Some(*other) != own) else {
        return Ok(());
    };
    let other = vehicles::find_in(change.transaction(), other).await?;
    let which = other.map_or_else(String::new, |other| {
        format!(": {}, /api/vehicles/{}", other.facts.title, other.facts.id)
    });
    let detail = format!("Another vehicle of the tenant has this VIN{which}.");
    Err(Problem::new(Code::Conflict)
        .detail(detail)
        .error("/body/vin", "belongs to another vehicle")
        .into())
}
