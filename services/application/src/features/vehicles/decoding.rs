//! What a VIN says of a vehicle, asked of vehicle data, and what follows for its profile.

use super::profile::Profile;
use super::specification::{Specification, energies_of};
use super::vehicle::DecodingStatus;
use super::vin::Vin;
use crate::features::platform_data::{
    DataSource, Found, PlatformData, PlatformDataError, VehicleOfVin, VinQuestion,
};
use std::time::Duration;
use upstream::Asking;

const STANDARD_LENGTH: usize = 17;

/// What came of asking.
pub(super) enum Decoded {
    /// The vehicle, and where that is from.
    Vehicle(Box<VehicleOfVin>, String),
    /// Vehicle data says nothing of it.
    Nothing,
    /// Nobody can be asked now; again after so long.
    Away(Duration),
    /// The answer makes no sense.
    Broken,
}

/// Asks.
pub(super) async fn decode(
    platform: &PlatformData,
    vin: &Vin,
    year: Option<i32>,
    asking: &Asking,
) -> Decoded {
    if vin.as_str().len() != STANDARD_LENGTH {
        return Decoded::Nothing;
    }
    let question = VinQuestion {
        vin: vin.as_str().to_owned(),
        model_year: year.map(i64::from),
    };
    match platform.vehicle(&question, asking).await {
        Ok(found) if found.data.vehicle.make.is_none() => Decoded::Nothing,
        Ok(found) => {
            let source = source_of(&found);
            Decoded::Vehicle(Box::new(found.data), source)
        }
        Err(PlatformDataError::Refused(_)) => Decoded::Nothing,
        Err(PlatformDataError::Unavailable(wait)) => Decoded::Away(wait),
        Err(PlatformDataError::Unreadable(_)) => Decoded::Broken,
    }
}

fn source_of(found: &Found<VehicleOfVin>) -> String {
    match (&found.meta.data_release, found.meta.source) {
        (_, DataSource::Nhtsa) => "nhtsa".to_owned(),
        (Some(release), _) => release.clone(),
        (None, source) => source.as_str().to_owned(),
    }
}

/// The profile with what the VIN says where the person said nothing, how far it is decoded, and from what.
pub(super) fn completed(
    mut profile: Profile,
    decoded: &Decoded,
) -> (Profile, DecodingStatus, Option<String>) {
    match decoded {
        Decoded::Vehicle(found, source) => {
            let said = Specification::of_decoded(&found.vehicle);
            profile.specification = profile.specification.completed_by(said);
            if profile.energies.is_empty() {
                profile.energies = energies_of(&found.vehicle);
            }
            (profile, DecodingStatus::Done, Some(source.clone()))
        }
        Decoded::Nothing => (profile, DecodingStatus::Failed, None),
        Decoded::Away(_) | Decoded::Broken => (profile, DecodingStatus::Pending, None),
    }
}
