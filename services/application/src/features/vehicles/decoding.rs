//! What a VIN says of a vehicle, asked of vehicle data, and what follows for its profile.

use super::filled_in::FilledIn;
use super::profile::Profile;
use super::specification::{Specification, energies_of};
use super::vehicle::{DecodingStatus, Draft};
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

/// Asks. A model year goes along where a person said it: one that a VIN said would be believed before what the VIN says now.
pub(super) async fn decode(
    platform: &PlatformData,
    whole: &Profile,
    filled_in: &FilledIn,
    asking: &Asking,
) -> Decoded {
    let vin = whole.vin.as_ref().map(Vin::as_str).unwrap_or_default();
    if vin.len() != STANDARD_LENGTH {
        return Decoded::Nothing;
    }
    let said = filled_in.taken_out_of(whole);
    let question = VinQuestion {
        vin: vin.to_owned(),
        model_year: said.specification.year.map(i64::from),
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

/// A vehicle with what the VIN says now where people said nothing. What it filled in before goes only when it says something.
pub(super) fn completed(whole: Profile, filled_in: FilledIn, decoded: &Decoded) -> Draft {
    let Decoded::Vehicle(found, source) = decoded else {
        let decoding = match decoded {
            Decoded::Away(_) | Decoded::Broken => DecodingStatus::Pending,
            Decoded::Nothing | Decoded::Vehicle(..) => DecodingStatus::Failed,
        };
        return Draft {
            profile: whole,
            filled_in,
            decoding,
            decoded_from: None,
            is_asked: true,
        };
    };
    let said = filled_in.taken_out_of(&whole);
    let mut profile = said.clone();
    let found = &found.vehicle;
    let of_vin = Specification::of_decoded(found);
    profile.specification = profile.specification.completed_by(of_vin);
    if profile.energies.is_empty() {
        profile.energies = energies_of(found);
    }
    Draft {
        filled_in: FilledIn::between(&said, &profile),
        profile,
        decoding: DecodingStatus::Done,
        decoded_from: Some(source.clone()),
        is_asked: true,
    }
}
