//! Who is asked first, and who when that brings nothing.

use super::domain::answer::{DataSource, Meta};
use super::domain::question::{ListQuestion, VinQuestion};
use super::domain::vehicle::VehicleOfVin;
use super::domain::vpic;
use super::external::nhtsa::Nhtsa;
use super::external::platform::Platform;
use crate::settings::Settings;
use cache::RedisStore;
use contracts::vin::VinAnswer;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use service::health::Health;
use std::time::Duration;
use upstream::{Asking, NoAnswer, Reading, Reply, SetupError, Source};

/// Vehicles as the platform knows them.
#[derive(Clone)]
pub(crate) struct PlatformData {
    platform: Platform,
    nhtsa: Option<Nhtsa>,
    patience: Duration,
    vin_patience: Duration,
}

/// An answer with where it came from.
pub(crate) struct Found<T> {
    pub(crate) data: T,
    pub(crate) meta: Meta,
    pub(crate) age: Duration,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlatformDataError {
    /// The platform refuses the question.
    #[error("the platform refuses the question")]
    Refused(Reply),
    /// Nobody answers, and nothing is kept.
    #[error("nobody answers, and nothing is kept")]
    Unavailable(Duration),
    /// The platform answers something that is not known here.
    #[error("the platform's answer cannot be read")]
    Unreadable(#[source] serde_json::Error),
}

#[derive(Deserialize)]
struct PlatformList {
    data: Box<RawValue>,
}

impl PlatformData {
    pub(crate) fn new(settings: &Settings, redis: &RedisStore) -> Result<Self, SetupError> {
        let nhtsa = settings.nhtsa.as_ref();
        Ok(Self {
            platform: Platform::new(settings, redis)?,
            nhtsa: nhtsa.map(|nhtsa| Nhtsa::new(nhtsa, redis)).transpose()?,
            patience: Duration::from_millis(settings.platform_data.patience_ms),
            vin_patience: Duration::from_millis(settings.platform_data.vin_patience_ms),
        })
    }

    /// How long a caller waits at most.
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// How long who keeps a vehicle waits for what its VIN says; then it is decoded later.
    pub(crate) fn vin_patience(&self) -> Duration {
        self.vin_patience
    }

    /// Adds those who are asked to `/health`.
    pub(crate) fn watch(&self, health: Health) -> Health {
        let health = self.platform.watch(health);
        match &self.nhtsa {
            Some(nhtsa) => nhtsa.watch(health),
            None => health,
        }
    }

    /// Drops what is kept when the platform serves another release; never returns.
    pub(crate) async fn follow_releases(self) {
        self.platform.follow_releases().await;
    }

    /// A drop-down.
    pub(crate) async fn list(
        &self,
        question: &ListQuestion,
        asking: &Asking,
    ) -> Result<Found<Box<RawValue>>, PlatformDataError> {
        match self.platform.list(&question.path, asking).await {
            Ok(reading) => {
                let list: PlatformList =
                    serde_json::from_slice(&reading.body).map_err(PlatformDataError::Unreadable)?;
                Ok(found(list.data, reading))
            }
            Err(NoAnswer::Refused(reply)) => Err(PlatformDataError::Refused(reply)),
            Err(NoAnswer::Unavailable(wait)) => self
                .models_of_nhtsa(question, asking)
                .await
                .ok_or(PlatformDataError::Unavailable(wait)),
        }
    }

    /// What a VIN says.
    pub(crate) async fn vehicle(
        &self,
        question: &VinQuestion,
        asking: &Asking,
    ) -> Result<Found<VehicleOfVin>, PlatformDataError> {
        match self.platform.vehicle(question, asking).await {
            Ok(reading) => {
                let answer: VinAnswer<'static> =
                    serde_json::from_slice(&reading.body).map_err(PlatformDataError::Unreadable)?;
                Ok(found(answer.into(), reading))
            }
            Err(NoAnswer::Refused(reply)) => Err(PlatformDataError::Refused(reply)),
            Err(NoAnswer::Unavailable(wait)) => self
                .vehicle_of_nhtsa(question, asking)
                .await
                .ok_or(PlatformDataError::Unavailable(wait)),
        }
    }

    async fn models_of_nhtsa(
        &self,
        question: &ListQuestion,
        asking: &Asking,
    ) -> Option<Found<Box<RawValue>>> {
        let (nhtsa, of) = (self.nhtsa.as_ref()?, question.models_of?);
        let path = vpic::models_path(of);
        let reading = nhtsa.get(path, &question.path, asking).await.ok()?;
        let models = to_raw_value(&vpic::models(&reading.body)?).ok()?;
        Some(self.found_at_nhtsa(models, &reading))
    }

    async fn vehicle_of_nhtsa(
        &self,
        question: &VinQuestion,
        asking: &Asking,
    ) -> Option<Found<VehicleOfVin>> {
        let nhtsa = self.nhtsa.as_ref()?;
        let key = format!("vin:{}", question.key());
        let reading = nhtsa.get(vpic::vin_path(question), &key, asking).await;
        let reading = reading.ok()?;
        let vehicle = vpic::vehicle(question, &reading.body)?;
        Some(self.found_at_nhtsa(vehicle, &reading))
    }

    fn found_at_nhtsa<T>(&self, data: T, reading: &Reading) -> Found<T> {
        self.platform.note_fallback("nhtsa");
        Found {
            data,
            meta: Meta::new(DataSource::Nhtsa, Timestamp::now(), reading.age, None),
            age: reading.age,
        }
    }
}

fn found<T>(data: T, reading: Reading) -> Found<T> {
    let source = match reading.source {
        Source::Upstream => DataSource::Platform,
        Source::Cache => DataSource::Cache,
        Source::Stale => DataSource::Stale,
    };
    Found {
        data,
        meta: Meta::new(source, Timestamp::now(), reading.age, reading.edition),
        age: reading.age,
    }
}
