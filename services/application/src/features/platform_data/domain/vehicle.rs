//! What a VIN says of a vehicle, whoever decoded it.

use contracts::vin::{DecodedVehicle, VinAnswer, VinError};
use serde::Serialize;
use utoipa::ToSchema;

/// What is known of the vehicle with a VIN.
#[derive(Serialize, ToSchema)]
pub(crate) struct VehicleOfVin {
    /// The VIN, cleaned.
    #[schema(example = "1HGCM82633A004352")]
    pub(crate) vin: String,
    /// Whether it is well formed.
    pub(crate) valid: bool,
    /// The model year.
    #[schema(example = 2003)]
    pub(crate) model_year: Option<i32>,
    /// The vehicle, in the terms of the drop-downs; null for what the VIN does not say.
    pub(crate) vehicle: DecodedVehicle<'static>,
    /// What vPIC says of the VIN: 0 for a clean decode.
    pub(crate) errors: Vec<VinError<'static>>,
    /// The VIN as it might be meant.
    pub(crate) suggested_vin: Option<String>,
}

impl From<VinAnswer<'static>> for VehicleOfVin {
    fn from(answer: VinAnswer<'static>) -> Self {
        Self {
            vin: answer.vin.into_owned(),
            valid: answer.valid,
            model_year: answer.model_year,
            vehicle: answer.vehicle,
            errors: answer.errors,
            suggested_vin: answer.suggested_vin.map(std::borrow::Cow::into_owned),
        }
    }
}
