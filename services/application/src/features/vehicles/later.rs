//! What is done to vehicles later, by the worker: VINs that could not be decoded at once, and the end of the trash.

use super::decoding::{Decoded, completed, decode};
use super::vehicle::{DecodingStatus, Vehicle};
use super::{readings, vehicles};
use crate::change::Change;
use crate::features::activity::{self, Note};
use crate::features::deferred::{self, Claimed, Operation, Undone};
use crate::features::platform_data::PlatformData;
use crate::features::usage;
use fault::Fault;
use pg::Db;
use std::time::Duration;
use upstream::Asking;
use uuid::Uuid;

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
    let decoded = match &waiting {
        None => None,
        Some(vehicle) => {
            let asking = Asking::alone(PATIENCE);
            match decode(platform, &vehicle.profile, &vehicle.filled_in, &asking).await {
                Decoded::Away(wait) => return Err(Undone::Away(Some(wait))),
                Decoded::Broken => {
                    return Err(Undone::Failed("vehicle data cannot be read".to_owned()));
                }
                decoded => Some((vehicle, decoded)),
            }
        }
    };
    let mut change = begin(db, claimed).await?;
    let ended = async {
        let present = vehicles::lock(change.transaction(), claimed.subject).await?;
        // A newer version that waits has an operation of its own.
        if let (Some(present), Some((asked, decoded))) = (present, &decoded)
            && waits(&present)
            && present.facts.version == asked.facts.version
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
    let draft = completed(present.profile.clone(), present.filled_in.clone(), decoded);
    let after = vehicles::update(change.transaction(), id, &draft).await?;
    let after = after.ok_or_else(Fault::not_found)?;
    change.note(Note::new("vehicle.decoded", id).between(&present.profile, &after.profile));
    Ok(())
}

/// Removes a vehicle for good, unless it was brought back.
pub(crate) async fn purge_later(db: &Db, claimed: &Claimed) -> Result<(), Undone> {
    let mut change = begin(db, claimed).await?;
    let left = remove(&mut change, claimed.subject).await;
    let left = left.map_err(|fault| Undone::from(&fault))?;
    if let Some(left) = left.filter(|left| !left.is_zero()) {
        return Err(Undone::Away(Some(left)));
    }
    let ended = end(change, claimed).await;
    ended.map_err(|fault| (&fault).into())
}

/// Removes a vehicle whose time in the trash is over, with what was written down of it; says how much longer it stays otherwise.
async fn remove(change: &mut Change, vehicle: Uuid) -> Result<Option<Duration>, Fault> {
    readings::lock(change.transaction(), vehicle).await?;
    let left = vehicles::time_in_trash(change.transaction(), vehicle).await?;
    if left.is_some_and(|left| left.is_zero()) {
        vehicles::purge(change.transaction(), vehicle).await?;
        activity::blank(change.transaction(), vehicle).await?;
        change.note(Note::new("vehicle.removed", vehicle));
        usage::changed(change).await?;
    }
    Ok(left)
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
