//! A vehicle as it is told: what people wrote, what the VIN says, where its odometer stands.

use super::filled_in::FilledIn;
use super::profile::{Profile, Warning};
use super::units::DistanceUnit;
use crate::decimal::{Distance, Hours};
use jiff::Timestamp;
use serde::Serialize;
use std::borrow::Cow;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

/// How far the VIN is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DecodingStatus {
    /// There is no VIN.
    None,
    /// Vehicle data cannot be had now; it is decoded as soon as it can.
    Pending,
    /// It was decoded, as far as it says anything.
    Done,
    /// Vehicle data says nothing of it.
    Failed,
}

/// What became of the VIN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Decoding {
    pub(crate) status: DecodingStatus,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) at: Option<Timestamp>,
    /// The release of vehicle data, or `nhtsa`.
    #[schema(example = "2026-10-3")]
    pub(crate) source: Option<String>,
}

/// Where the odometer stands by the latest reading that can be right, earlier instruments included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Standing {
    /// In `unit`, which is the vehicle's.
    pub(crate) distance: Option<Distance>,
    pub(crate) unit: DistanceUnit,
    pub(crate) distance_km: Option<Distance>,
    pub(crate) engine_hours: Option<Hours>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) at: Option<Timestamp>,
}

/// What is known of a vehicle besides its profile.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Facts {
    pub(crate) id: Uuid,
    /// Counts changes; the `ETag` too.
    pub(crate) version: i64,
    /// Who added it: the `sub` of a person's token.
    pub(crate) created_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) updated_at: Timestamp,
    /// Since when it is in the trash; after 30 days there it is gone.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) deleted_at: Option<Timestamp>,
    /// What to call it: its nickname, or else what it is.
    #[schema(example = "2003 Honda Accord")]
    pub(crate) title: String,
    pub(crate) decoding: Decoding,
    pub(crate) odometer: Standing,
    /// Where its photo is.
    pub(crate) photo: Option<String>,
    /// What is odd about it.
    pub(crate) warnings: Vec<Warning>,
}

/// A vehicle.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Vehicle {
    #[serde(flatten)]
    pub(crate) facts: Facts,
    #[serde(flatten)]
    pub(crate) profile: Profile,
    /// What of the profile is the VIN's.
    #[serde(skip)]
    pub(crate) filled_in: FilledIn,
}

/// A vehicle as it is to be kept, with what became of its VIN.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) profile: Profile,
    pub(crate) filled_in: FilledIn,
    pub(crate) decoding: DecodingStatus,
    pub(crate) decoded_from: Option<String>,
    /// It was asked just now what the VIN says.
    pub(crate) is_asked: bool,
}

impl PartialSchema for Vehicle {
    /// The members of both; only a profile that is sent must have no others.
    fn schema() -> RefOr<Schema> {
        let (RefOr::T(Schema::Object(mut all)), RefOr::T(Schema::Object(profile))) =
            (Facts::schema(), Profile::schema())
        else {
            return Facts::schema();
        };
        all.required.extend(profile.properties.keys().cloned());
        all.properties.extend(profile.properties);
        all.description = Some("A vehicle.".to_owned());
        all.into()
    }
}

impl ToSchema for Vehicle {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Vehicle")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Facts::schemas(schemas);
        Profile::schemas(schemas);
    }
}
