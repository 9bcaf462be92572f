//! Vehicles as the platform knows them: the drop-downs, and VINs decoded.
#![doc = include_str!("README.md")]

mod api;
mod domain;
mod external;
mod platform_service;

pub(crate) use api::routes;
pub(crate) use domain::answer::DataSource;
pub(crate) use domain::question::VinQuestion;
pub(crate) use domain::vehicle::VehicleOfVin;
pub(crate) use platform_service::{Found, PlatformData, PlatformDataError};
