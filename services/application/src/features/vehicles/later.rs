//! What is done to vehicles later, by the worker: VINs that could not be decoded at once, and the end of the trash.

use super::decoding::{Decoded, completed, decode};
use super::vehicle::{DecodingStatus, Vehicle};
use super::vehicles::{self, Written};
use crate::change::Change;
use crate::features::activity::Note;
use crate::features::deferred::{self, Claimed, Operation, Undone};
use crate::features::platform_data::PlatformData;
use crate::features::usage;
use fault::Fault;
use pg::Db;
use std::time::Duration;
use upstream::Asking;

/// The kinds of operations.
pub(crate) const DECODE: &str = "vehicles.decode";
pub(crate) const PURGE: &str = "vehicles.purge";

const PATIENCE: Duration = Duration::from_secs(8);
const IN_TRASH: Duration = Duration::from_hours(30 * 24);

/// Once a version: a VIN that was written anew is decoded anew.
pub(super) fn decode_operation(vehicle: &Vehicle) -> Operation {
    let (id, version) = (vehicle.facts.id, vehicle.facts.version);
    Operation {
        kind: DECODE,
        key: format!("{DECODE}:{id}:{version}"),
        subject: id,
        after: Duration::ZERO,
    }
}

pub(super) fn purge_operation(vehicle: &Vehicle) -> Operation {
    let (id, version) = (vehicle.facts.id, vehicle.facts.version);
    Operation {
        kind: PURGE,
        key: format!("{PURGE}:{id}:{version}"),
        subject: id,
        after: IN_TRASH,
    }
}

/// Decodes the VIN of a vehicle that still waits for it.
pub(crate) async fn decode_later(
    db: &Db,
    platform: &PlatformData,
    claimed: &Claimed,
) -> Result<(), Undone> {
    let found = vehicles::find(db, &claimed.context(), claimed.subject).await;
    let waiting = found
        .map_err(|error| Undone::from(&Fault::from(error)))?
        .filter(waits);
    let decoded = match waiting
        .as_ref()
        .and_then(|it| it.profile.vin.as_ref().zip(Some(it)))
    {
        None => None,
        Some((vin, vehicle)) => {
            let year = vehicle.profile.specification.year;
            match decode(platform, vin, year, &Asking::alone(PATIENCE)).await {
                Decoded::Away(wait) => return Err(Undone::Away(Some(wait))),
                Decoded::Broken => {
                    return Err(Undone::Failed("vehicle data cannot be read".to_owned()));
                }
                decoded => Some((vin.clone(), decoded)),
            }
        }
    };
    let mut change = begin(db, claimed).await?;
    let ended = async {
        let present = vehicles::lock(change.transaction(), claimed.subject).await?;
        let same =
            |vehicle: &Vehicle, vin| waits(vehicle) && vehicle.profile.vin.as_ref() == Some(vin);
        if let (Some(present), Some((vin, decoded))) = (present, &decoded)
            && same(&present, vin)
        {
            complete(&mut change, &present, decoded).await?;
        }
        end(change, claimed).await
    };
    ended.await.map_err(|fault| (&fault).into())
}

fn waits(vehicle: &Vehicle) -> bool {
    vehicle.facts.decoding.status == DecodingStatus::Pending && vehicle.facts.deleted_at.is_none()
}

async fn complete(change: &mut Change, present: &Vehicle, decoded: &Decoded) -> Result<(), Fault> {
    let id = present.facts.id;
    let (profile, decoding, source) = completed(present.profile.clone(), decoded);
    let written = Written {
        profile: &profile,
        decoding,
        decoded_from: source.as_deref(),
    };
    let after = vehicles::update(change.transaction(), id, &written).await?;
    let after = after.ok_or_else(Fault::not_found)?;
    change.note(Note::new("vehicle.decoded", id).between(&present.profile, &after.profile));
    Ok(())
}

/// Removes a vehicle for good, unless it was brought back.
pub(crate) async fn purge_later(db: &Db, claimed: &Claimed) -> Result<(), Undone> {
    let mut change = begin(db, claimed).await?;
    let ended = async {
        let found = vehicles::find_in(change.transaction(), claimed.subject).await?;
        if found.is_some_and(|vehicle| vehicle.facts.deleted_at.is_some())
            && vehicles::purge(change.transaction(), claimed.subject).await?
        {
            change.note(Note::new("vehicle.removed", claimed.subject));
            usage::changed(&change).await?;
        }
        end(change, claimed).await
    };
    ended.await.map_err(|fault| (&fault).into())
}

async fn begin(db: &Db, claimed: &Claimed) -> Result<Change, Undone> {
    let begun = Change::begin_for(db, claimed.context()).await;
    begun.map_err(|fault| (&fault).into())
}

/// Ends the operation with the change, or neither: another worker may have done it.
async fn end(change: Change, claimed: &Claimed) -> Result<(), Fault> {
    if deferred::finish(change.transaction(), claimed).await? {
        change.commit().await?;
    }
    Ok(())
}
