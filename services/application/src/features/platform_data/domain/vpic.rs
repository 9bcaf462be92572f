//! NHTSA's public vPIC API: its paths and its answers in our terms (<https://vpic.nhtsa.dot.gov/api/>).

use super::question::{ModelsOf, VinQuestion};
use super::vehicle::VehicleOfVin;
use contracts::vehicles::Model;
use contracts::vin::{DecodedEngine, DecodedTransmission, DecodedVehicle, Named, Plant, VinError};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write;

#[derive(Deserialize)]
struct Answer<T> {
    #[serde(rename = "Results")]
    results: Vec<T>,
}

#[derive(Deserialize)]
struct ModelRow {
    #[serde(rename = "Model_ID")]
    id: i32,
    #[serde(rename = "Model_Name")]
    name: String,
}

/// Where the models of a make in a year are.
pub(crate) fn models_path(of: ModelsOf) -> String {
    let ModelsOf { year, make_id } = of;
    format!("/vehicles/GetModelsForMakeIdYear/makeId/{make_id}/modelyear/{year}?format=json")
}

/// Where a VIN is decoded.
pub(crate) fn vin_path(question: &VinQuestion) -> String {
    let mut path = format!("/vehicles/DecodeVinValues/{}?format=json", question.vin);
    if let Some(year) = question.model_year {
        // Writing to a string does not fail.
        let _ = write!(path, "&modelyear={year}");
    }
    path
}

/// Its models by name. It does not say what they are sold as.
pub(crate) fn models(body: &[u8]) -> Option<Vec<Model>> {
    let answer: Answer<ModelRow> = serde_json::from_slice(body).ok()?;
    let mut models: Vec<Model> = answer
        .results
        .into_iter()
        .map(|row| Model {
            id: row.id,
            name: row.name.trim().to_owned(),
            vehicle_types: Vec::new(),
        })
        .collect();
    models.sort_by_key(|model| model.name.to_lowercase());
    models.dedup_by_key(|model| model.id);
    Some(models)
}

/// The variables of one VIN, by name; empty ones left out.
struct Values(HashMap<String, String>);

impl Values {
    fn take(&mut self, name: &str) -> Option<Cow<'static, str>> {
        self.0.remove(name).map(Cow::Owned)
    }

    fn number<T: std::str::FromStr>(&mut self, name: &str) -> Option<T> {
        self.0.remove(name)?.trim().parse().ok()
    }

    fn named(&mut self, id: &str, name: &str) -> Option<Named<'static, i32>> {
        Some(Named {
            id: self.number(id)?,
            name: self.take(name)?,
        })
    }
}

/// A decoded VIN. Trims, engines and transmissions have no ids there, so theirs stay out.
pub(crate) fn vehicle(question: &VinQuestion, body: &[u8]) -> Option<VehicleOfVin> {
    let answer: Answer<HashMap<String, Option<String>>> = serde_json::from_slice(body).ok()?;
    let row = answer.results.into_iter().next()?;
    let filled = row.into_iter().filter_map(|(name, value)| {
        let value = value.filter(|value| !value.trim().is_empty())?;
        Some((name, value))
    });
    let mut values = Values(filled.collect());
    let errors = errors(&mut values);
    let model_year = values.number("ModelYear");
    Some(VehicleOfVin {
        vin: question.vin.clone(),
        valid: errors.iter().any(|error| error.code == 0),
        model_year,
        vehicle: decoded(&mut values, model_year),
        errors,
        suggested_vin: values.take("SuggestedVIN").map(Cow::into_owned),
    })
}

/// `ErrorCode` is `1,400`, `ErrorText` has the words of each after a semicolon.
fn errors(values: &mut Values) -> Vec<VinError<'static>> {
    let codes = values.take("ErrorCode").unwrap_or_default();
    let texts = values.take("ErrorText").unwrap_or_default();
    let mut texts = texts.split(';').map(str::trim);
    codes
        .split(',')
        .filter_map(|code| code.trim().parse().ok())
        .map(|code| VinError {
            code,
            text: texts.next().unwrap_or_default().to_owned().into(),
        })
        .collect()
}

fn decoded(values: &mut Values, year: Option<i32>) -> DecodedVehicle<'static> {
    DecodedVehicle {
        make: values.named("MakeID", "Make"),
        model: values.named("ModelID", "Model"),
        year,
        trim: None,
        series: values.take("Series"),
        body_class: values.take("BodyClass"),
        vehicle_type: values.take("VehicleType"),
        doors: values.number("Doors"),
        drive_type: values.take("DriveType"),
        manufacturer: values.named("ManufacturerId", "Manufacturer"),
        plant: Some(Plant {
            city: values.take("PlantCity"),
            state: values.take("PlantState"),
            country: values.take("PlantCountry"),
            company: values.take("PlantCompanyName"),
        }),
        gvwr: values.take("GVWR"),
        engine: Some(DecodedEngine {
            displacement_l: values.number("DisplacementL"),
            cylinders: values.number("EngineCylinders"),
            configuration: values.take("EngineConfiguration"),
            model: values.take("EngineModel"),
            manufacturer: values.take("EngineManufacturer"),
            fuel_primary: values.take("FuelTypePrimary"),
            fuel_secondary: values.take("FuelTypeSecondary"),
            electrification: values.take("ElectrificationLevel"),
            turbo: values.take("Turbo").map(|said| said.starts_with("Yes")),
            power_hp: values.number("EngineHP"),
            ..DecodedEngine::default()
        }),
        transmission: Some(DecodedTransmission {
            style: values.take("TransmissionStyle"),
            speeds: values.number("TransmissionSpeeds"),
            ..DecodedTransmission::default()
        }),
        battery_kwh: values.number("BatteryKWh"),
        seats: values.number("Seats"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(query: &str) -> VinQuestion {
        VinQuestion::read(query).unwrap()
    }

    #[test]
    fn the_paths_are_those_of_the_api() {
        let of = ModelsOf {
            year: 2022,
            make_id: 474,
        };
        assert_eq!(
            models_path(of),
            "/vehicles/GetModelsForMakeIdYear/makeId/474/modelyear/2022?format=json"
        );
        assert_eq!(
            vin_path(&question("vin=1HGCM826*3A&model_year=2003")),
            "/vehicles/DecodeVinValues/1HGCM826*3A?format=json&modelyear=2003"
        );
    }

    #[test]
    fn models_are_sorted_and_each_is_there_once() {
        let body = br#"{"Count":3,"Results":[
            {"Make_ID":474,"Make_Name":"HONDA","Model_ID":1865,"Model_Name":"Pilot"},
            {"Make_ID":474,"Make_Name":"HONDA","Model_ID":1861,"Model_Name":"Accord"},
            {"Make_ID":474,"Make_Name":"HONDA","Model_ID":1861,"Model_Name":"Accord"}]}"#;
        let models = models(body).unwrap();
        let names: Vec<_> = models.iter().map(|model| model.name.as_str()).collect();
        assert_eq!(names, ["Accord", "Pilot"]);
        assert!(super::models(b"<html>").is_none());
    }

    #[test]
    fn a_decoded_vin_is_read_in_our_terms() {
        let body = br#"{"Results":[{"VIN":"1HGCM82633A004352","ErrorCode":"0",
            "ErrorText":"0 - VIN decoded clean. Check Digit (9th position) is correct",
            "Make":"HONDA","MakeID":"474","Model":"Accord","ModelID":"1861","ModelYear":"2003",
            "BodyClass":"Coupe","Doors":"2","DisplacementL":"2.998832712","EngineCylinders":"6",
            "Turbo":"","TransmissionSpeeds":"5","PlantCity":"MARYSVILLE","Seats":null}]}"#;
        let vehicle = vehicle(&question("vin=1HGCM82633A004352"), body).unwrap();
        assert!(vehicle.valid && vehicle.model_year == Some(2003));
        let of = &vehicle.vehicle;
        assert_eq!(of.make.as_ref().map(|make| make.id), Some(474));
        assert_eq!(of.model.as_ref().map(|model| &*model.name), Some("Accord"));
        assert_eq!((of.doors, of.seats), (Some(2), None));
        assert_eq!(of.engine.as_ref().unwrap().turbo, None);
    }

    #[test]
    fn what_is_wrong_with_a_vin_is_told_code_by_code() {
        let body = br#"{"Results":[{"ErrorCode":"1,400",
            "ErrorText":"1 - Check Digit (9th position) does not calculate properly; 400 - Invalid Characters Present"}]}"#;
        let vehicle = vehicle(&question("vin=1HGCM82633A004353"), body).unwrap();
        let codes: Vec<_> = vehicle.errors.iter().map(|error| error.code).collect();
        assert_eq!((codes, vehicle.valid), (vec![1, 400], false));
        assert!(vehicle.errors[1].text.starts_with("400"));
    }
}
