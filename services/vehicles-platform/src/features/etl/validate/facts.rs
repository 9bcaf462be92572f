//! Does the catalogue say what everybody knows? The facts are `facts.json`, beside this code.

use super::Check;
use crate::features::etl::EtlError;
use crate::features::etl::data::for_schema;
use serde::Deserialize;
use tokio_postgres::Client;

/// What is known of vehicles, whatever the release.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Facts {
    /// Models that a make sold in a year.
    models: Vec<ModelFact>,
    /// Makers of trailers and the like, which no list of cars may show.
    not_in_catalogue: Vec<String>,
    /// VINs, or their beginnings.
    pub(super) vins: Vec<VinFact>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelFact {
    year: i16,
    make: String,
    models: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VinFact {
    pub(super) vin: String,
    pub(super) year: i32,
    pub(super) make: String,
    pub(super) model: String,
}

impl Facts {
    pub(super) fn known() -> Result<Self, EtlError> {
        serde_json::from_str(include_str!("facts.json"))
            .map_err(|error| EtlError::Settings(format!("facts.json: {error}")))
    }
}

pub(super) async fn check(client: &Client, schema: &str) -> Result<Vec<Check>, EtlError> {
    let facts = Facts::known()?;
    let mut checks = Vec::new();
    let models = for_schema(include_str!("../data/queries/missing_models.sql"), schema);
    for fact in &facts.models {
        let rows = client
            .query(&models, &[&fact.year, &fact.make, &fact.models])
            .await?;
        let missing: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
        let name = format!("{} {} has {}", fact.year, fact.make, fact.models.join(", "));
        checks.push(match missing.as_slice() {
            [] => Check::new(name, true, "all are there"),
            missing => Check::new(name, false, format!("missing: {}", missing.join(", "))),
        });
    }
    let makes = for_schema(include_str!("../data/queries/listed_makes.sql"), schema);
    let rows = client.query(&makes, &[&facts.not_in_catalogue]).await?;
    let listed: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
    checks.push(Check::new(
        "makers of trailers only are not listed",
        listed.is_empty(),
        if listed.is_empty() {
            "none is".to_owned()
        } else {
            format!("listed: {}", listed.join(", "))
        },
    ));
    Ok(checks)
}
