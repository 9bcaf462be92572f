//! Everything about a vehicle that a person may write, and what is acceptable there.

use super::energy::EnergyStore;
use super::specification::Specification;
use super::units::{DistanceUnit, VolumeUnit};
use super::vin::{Oddity, Vin};
use crate::decimal::{Distance, Price};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

const LONGEST_NAME: usize = 120;
const LONGEST_PLATE: usize = 20;
const LONGEST_NOTES: usize = 10_000;
const LONGEST_VALUE: usize = 1_000;
const MOST_TAGS: usize = 30;
const MOST_FIELDS: usize = 50;
/// The first car with a year, and more than anybody sells today.
const YEARS: std::ops::RangeInclusive<i32> = 1885..=2100;

/// Whether a vehicle is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ServiceState {
    /// On the road.
    #[default]
    InService,
    /// Broken, or not permitted to be driven.
    OutOfService,
    /// Laid up.
    Stored,
    /// No longer the tenant's.
    Sold,
    /// No longer a vehicle.
    Scrapped,
}

/// A purchase or a sale.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Deal {
    #[schema(value_type = Option<String>, format = Date)]
    pub(crate) date: Option<Date>,
    /// In the vehicle's currency.
    pub(crate) price: Option<Price>,
    /// In kilometres, whatever the vehicle's unit. With a date it is a reading of the odometer too.
    pub(crate) odometer_km: Option<Distance>,
}

/// What a person may write of a vehicle. Everything may be left out; null is the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({ "vin": "1HGCM82633A004352", "nickname": "The blue one", "distance_unit": "mi", "currency": "USD" }))]
pub(crate) struct Profile {
    /// Stored in capitals. An odd one is kept, with a warning.
    pub(crate) vin: Option<Vin>,
    #[schema(max_length = 120, example = "The blue one")]
    pub(crate) nickname: Option<String>,
    #[schema(max_length = 20, example = "7ABC123")]
    pub(crate) plate: Option<String>,
    #[schema(max_length = 120, example = "Eternal Blue")]
    pub(crate) colour: Option<String>,
    /// What it is. What is left out is taken from the VIN, when it is decoded.
    pub(crate) specification: Specification,
    /// What it runs on; left out, it is taken from the VIN.
    pub(crate) energies: Vec<EnergyStore>,
    pub(crate) state: ServiceState,
    /// What its odometer counts; readings are told in it.
    pub(crate) distance_unit: DistanceUnit,
    pub(crate) volume_unit: VolumeUnit,
    /// ISO 4217.
    #[schema(pattern = "^[A-Z]{3}$", example = "EUR")]
    pub(crate) currency: String,
    pub(crate) purchase: Deal,
    pub(crate) sale: Deal,
    #[schema(max_items = 30)]
    pub(crate) tags: BTreeSet<String>,
    #[schema(max_length = 10_000)]
    pub(crate) notes: Option<String>,
    /// Names and values of the tenant's own, up to 50.
    pub(crate) custom_fields: BTreeMap<String, String>,
    /// Out of the lists of every day, with everything kept.
    pub(crate) archived: bool,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            vin: None,
            nickname: None,
            plate: None,
            colour: None,
            specification: Specification::default(),
            energies: Vec::new(),
            state: ServiceState::default(),
            distance_unit: DistanceUnit::default(),
            volume_unit: VolumeUnit::default(),
            currency: "USD".to_owned(),
            purchase: Deal::default(),
            sale: Deal::default(),
            tags: BTreeSet::new(),
            notes: None,
            custom_fields: BTreeMap::new(),
            archived: false,
        }
    }
}

/// Something odd that was saved all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Warning {
    /// The member that it is about, as a JSON pointer.
    #[schema(example = "/vin")]
    pub(crate) pointer: &'static str,
    /// For programs.
    #[schema(example = "vin_check_digit")]
    pub(crate) code: &'static str,
    /// For people.
    pub(crate) detail: &'static str,
}

/// What is wrong where: a JSON pointer into the body, and words.
pub(crate) type Wrong = (String, String);

impl Profile {
    /// Everything that is not acceptable today, a day in UTC.
    pub(crate) fn check(&self, today: Date) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        let texts = [
            ("nickname", self.nickname.as_deref(), LONGEST_NAME),
            ("plate", self.plate.as_deref(), LONGEST_PLATE),
            ("colour", self.colour.as_deref(), LONGEST_NAME),
        ];
        for (name, text, longest) in texts {
            wrong.extend(line(format!("/body/{name}"), text, longest));
        }
        for (name, text) in self.specification.texts() {
            let pointer = format!("/body/specification/{name}");
            wrong.extend(line(pointer, text, LONGEST_NAME));
        }
        if self
            .specification
            .year
            .is_some_and(|year| !YEARS.contains(&year))
        {
            wrong.push((
                "/body/specification/year".to_owned(),
                "must be from 1885 to 2100".to_owned(),
            ));
        }
        if self.currency.len() != 3 || !self.currency.bytes().all(|byte| byte.is_ascii_uppercase())
        {
            wrong.push((
                "/body/currency".to_owned(),
                "must be a code of ISO 4217, as EUR".to_owned(),
            ));
        }
        if self
            .notes
            .as_deref()
            .is_some_and(|notes| notes.chars().count() > LONGEST_NOTES || notes.contains('\0'))
        {
            let detail = format!("must have at most {LONGEST_NOTES} characters");
            wrong.push(("/body/notes".to_owned(), detail));
        }
        self.check_energies(&mut wrong);
        self.check_labels(&mut wrong);
        self.check_deals(today, &mut wrong);
        wrong
    }

    fn check_energies(&self, wrong: &mut Vec<Wrong>) {
        let mut seen = BTreeSet::new();
        for (place, store) in self.energies.iter().enumerate() {
            if !seen.insert(store.energy) {
                let pointer = format!("/body/energies/{place}/energy");
                wrong.push((pointer, "is there twice".to_owned()));
            }
        }
    }

    fn check_labels(&self, wrong: &mut Vec<Wrong>) {
        if self.tags.len() > MOST_TAGS {
            wrong.push((
                "/body/tags".to_owned(),
                format!("may be {MOST_TAGS} at most"),
            ));
        }
        for (place, tag) in self.tags.iter().enumerate() {
            wrong.extend(line(format!("/body/tags/{place}"), Some(tag), LONGEST_NAME));
        }
        if self.custom_fields.len() > MOST_FIELDS {
            let detail = format!("may be {MOST_FIELDS} at most");
            wrong.push(("/body/custom_fields".to_owned(), detail));
        }
        for (name, value) in &self.custom_fields {
            let pointer = format!(
                "/body/custom_fields/{}",
                name.replace('~', "~0").replace('/', "~1")
            );
            wrong.extend(line(pointer.clone(), Some(name), LONGEST_NAME));
            if value.chars().count() > LONGEST_VALUE || value.contains('\0') {
                wrong.push((
                    pointer,
                    format!("must have at most {LONGEST_VALUE} characters"),
                ));
            }
        }
    }

    fn check_deals(&self, today: Date, wrong: &mut Vec<Wrong>) {
        for (name, deal) in [("purchase", &self.purchase), ("sale", &self.sale)] {
            if deal
                .date
                .is_some_and(|date| !(1885..=2200).contains(&date.year()))
            {
                let pointer = format!("/body/{name}/date");
                wrong.push((pointer, "must be from 1885 to 2200".to_owned()));
            }
            // Days begin elsewhere; nobody reads an odometer the day after tomorrow.
            let is_ahead = |date: Date| today.tomorrow().is_ok_and(|tomorrow| date > tomorrow);
            if deal.odometer_km.is_some() && deal.date.is_some_and(is_ahead) {
                let pointer = format!("/body/{name}/odometer_km");
                wrong.push((pointer, "cannot be read before the day comes".to_owned()));
            }
        }
        if let (Some(bought), Some(sold)) = (self.purchase.date, self.sale.date)
            && sold < bought
        {
            wrong.push((
                "/body/sale/date".to_owned(),
                "must not be before the purchase".to_owned(),
            ));
        }
    }

    /// What is odd and kept all the same.
    pub(crate) fn warnings(&self) -> Vec<Warning> {
        let oddity = self.vin.as_ref().and_then(Vin::oddity);
        let warning = oddity.map(|oddity| {
            let (code, detail) = match oddity {
                Oddity::Length => ("vin_length", "A VIN has 17 characters since 1981."),
                Oddity::Characters => ("vin_characters", "A VIN has no I, O or Q."),
                Oddity::CheckDigit => (
                    "vin_check_digit",
                    "The ninth character does not go with the others: a slip, unless the vehicle was made for a market outside North America.",
                ),
            };
            Warning { pointer: "/vin", code, detail }
        });
        warning.into_iter().collect()
    }

    /// What a person calls it.
    pub(crate) fn title(&self) -> String {
        let of_specification = || {
            let year = self.specification.year.map(|year| year.to_string());
            let parts = [
                year,
                self.specification.make.clone(),
                self.specification.model.clone(),
            ];
            let parts: Vec<_> = parts.into_iter().flatten().collect();
            (!parts.is_empty()).then(|| parts.join(" "))
        };
        let title = self.nickname.clone().or_else(of_specification);
        title
            .or_else(|| self.plate.clone())
            .unwrap_or_else(|| "a vehicle".to_owned())
    }
}

/// A line of text: something, nothing unprintable, not too long.
fn line(pointer: String, text: Option<&str>, longest: usize) -> Option<Wrong> {
    let text = text?;
    let fits = (1..=longest).contains(&text.chars().count())
        && !text.chars().any(char::is_control)
        && !text.trim().is_empty();
    (!fits).then(|| {
        (
            pointer,
            format!("must have 1 to {longest} printable characters"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn wrong(body: serde_json::Value) -> Vec<String> {
        let profile: Profile = serde_json::from_value(body).unwrap();
        profile
            .check(jiff::civil::date(2024, 4, 29))
            .into_iter()
            .map(|(pointer, _)| pointer)
            .collect()
    }

    #[test]
    fn everything_may_be_left_out() {
        assert!(wrong(json!({})).is_empty());
    }

    #[test]
    fn each_fault_is_named() {
        let found = wrong(json!({
            "nickname": "", "plate": "x".repeat(21), "currency": "eur", "specification": { "year": 1700, "make": "a\u{7}" },
            "energies": [{ "energy": "petrol" }, { "energy": "petrol" }], "tags": [" "], "custom_fields": { "a/b": "\0" },
            "purchase": { "date": "2024-05-01", "odometer_km": 1 }, "sale": { "date": "2023-05-01" },
        }));
        let expected = [
            "/body/nickname",
            "/body/plate",
            "/body/specification/make",
            "/body/specification/year",
            "/body/currency",
            "/body/energies/1/energy",
            "/body/tags/0",
            "/body/custom_fields/a~1b",
            "/body/purchase/odometer_km",
            "/body/sale/date",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_deal_may_be_ahead_and_its_odometer_by_a_day() {
        let of = |day: &str, km: Option<u32>| {
            wrong(json!({ "sale": { "date": day, "odometer_km": km } }))
        };
        assert!(of("2024-04-30", Some(1)).is_empty());
        assert!(of("2024-05-01", None).is_empty());
        assert_eq!(of("2024-05-01", Some(1)), ["/body/sale/odometer_km"]);
    }

    #[test]
    fn an_odd_vin_is_warned_about() {
        let of = |vin: &str| {
            let profile: Profile = serde_json::from_value(json!({ "vin": vin })).unwrap();
            profile
                .warnings()
                .iter()
                .map(|it| it.code)
                .collect::<Vec<_>>()
        };
        assert!(of("1HGCM82633A004352").is_empty());
        assert_eq!(of("1HGCM82633A004353"), ["vin_check_digit"]);
        assert_eq!(of("VF1234"), ["vin_length"]);
    }
}
