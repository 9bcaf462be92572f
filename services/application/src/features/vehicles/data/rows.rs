//! A row as a vehicle, and a profile as parameters.

use crate::decimal::{Distance, Hours};
use crate::features::vehicles::profile::{Deal, Profile, ServiceState};
use crate::features::vehicles::specification::Specification;
use crate::features::vehicles::units::{DistanceUnit, VolumeUnit};
use crate::features::vehicles::vehicle::{Decoding, DecodingStatus, Facts, Standing, Vehicle};
use crate::features::vehicles::vin::Vin;
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

impl DecodingStatus {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "pending" => Self::Pending,
            "done" => Self::Done,
            "failed" => Self::Failed,
            _ => Self::None,
        }
    }
}

impl ServiceState {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::InService => "in_service",
            Self::OutOfService => "out_of_service",
            Self::Stored => "stored",
            Self::Sold => "sold",
            Self::Scrapped => "scrapped",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "out_of_service" => Self::OutOfService,
            "stored" => Self::Stored,
            "sold" => Self::Sold,
            "scrapped" => Self::Scrapped,
            _ => Self::InService,
        }
    }
}

pub(super) fn vehicle_of(row: &Row) -> Vehicle {
    let profile = profile_of(row);
    let id: Uuid = row.get("id");
    let photo: Option<String> = row.get("photo");
    let km: Option<Decimal> = row.get("odometer_km");
    let facts = Facts {
        id,
        version: row.get("version"),
        created_by: row.get("user_id"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
        deleted_at: row.get("deleted_at"),
        title: profile.title(),
        decoding: Decoding {
            status: DecodingStatus::parse(row.get("decoding")),
            at: row.get("decoded_at"),
            source: row.get("decoded_from"),
        },
        odometer: Standing {
            distance: km.map(|km| profile.distance_unit.of_km(km)),
            unit: profile.distance_unit,
            distance_km: km.map(Distance::rounded),
            engine_hours: row
                .get::<_, Option<Decimal>>("engine_hours")
                .map(Hours::rounded),
            at: row.get("read_at"),
        },
        photo: photo.map(|digest| format!("/api/vehicles/{id}/photo?v={digest}")),
        warnings: profile.warnings(),
    };
    Vehicle {
        facts,
        profile,
        filled_in: of_json(row.get("filled_in")),
    }
}

fn profile_of(row: &Row) -> Profile {
    let vin: Option<String> = row.get("vin");
    let tags: Vec<String> = row.get("tags");
    Profile {
        vin: vin.as_deref().and_then(Vin::parse),
        nickname: row.get("nickname"),
        plate: row.get("plate"),
        colour: row.get("colour"),
        specification: Specification {
            year: row.get("year"),
            make: row.get("make"),
            model: row.get("model"),
            trim: row.get("trim"),
            engine: row.get("engine"),
            transmission: row.get("transmission"),
            body_class: row.get("body_class"),
            drive_type: row.get("drive_type"),
        },
        energies: of_json(row.get("energies")),
        state: ServiceState::parse(row.get("state")),
        distance_unit: DistanceUnit::parse(row.get("distance_unit")),
        volume_unit: VolumeUnit::parse(row.get("volume_unit")),
        currency: row.get("currency"),
        purchase: of_json(row.get("purchase")),
        sale: of_json(row.get("sale")),
        tags: tags.into_iter().collect(),
        notes: row.get("notes"),
        custom_fields: of_json(row.get("custom_fields")),
        archived: row.get("archived"),
    }
}

/// What was written by [`Parameters`]; it fits, for nobody else writes there.
fn of_json<T: DeserializeOwned + Default>(value: Value) -> T {
    serde_json::from_value(value).unwrap_or_default()
}

/// A profile in the order of the columns.
pub(super) struct Parameters<'a> {
    profile: &'a Profile,
    vin: Option<&'a str>,
    state: &'static str,
    units: [&'static str; 2],
    energies: Value,
    deals: [Value; 2],
    tags: Vec<&'a str>,
    custom_fields: Value,
}

impl<'a> Parameters<'a> {
    pub(super) fn of(profile: &'a Profile) -> Self {
        let deal = |deal: &Deal| json(deal);
        Self {
            profile,
            vin: profile.vin.as_ref().map(Vin::as_str),
            state: profile.state.as_str(),
            units: [profile.distance_unit.as_str(), profile.volume_unit.as_str()],
            energies: json(&profile.energies),
            deals: [deal(&profile.purchase), deal(&profile.sale)],
            tags: profile.tags.iter().map(String::as_str).collect(),
            custom_fields: json(&profile.custom_fields),
        }
    }

    pub(super) fn after<'p>(
        &'p self,
        first: &[&'p (dyn ToSql + Sync)],
    ) -> Vec<&'p (dyn ToSql + Sync)> {
        let (profile, specification) = (self.profile, &self.profile.specification);
        let ([distance_unit, volume_unit], [purchase, sale]) = (&self.units, &self.deals);
        let own: [&(dyn ToSql + Sync); 23] = [
            &self.vin,
            &profile.nickname,
            &profile.plate,
            &profile.colour,
            &specification.year,
            &specification.make,
            &specification.model,
            &specification.trim,
            &specification.engine,
            &specification.transmission,
            &specification.body_class,
            &specification.drive_type,
            &self.energies,
            &self.state,
            distance_unit,
            volume_unit,
            &profile.currency,
            purchase,
            sale,
            &self.tags,
            &profile.notes,
            &self.custom_fields,
            &profile.archived,
        ];
        first.iter().copied().chain(own).collect()
    }
}

/// Of plain structs with text keys: this cannot fail.
pub(super) fn json(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// The name of a plain enum's variant, as JSON and the database have it.
pub(super) fn name_of(value: &impl Serialize) -> String {
    match json(value) {
        Value::String(name) => name,
        other => other.to_string(),
    }
}
