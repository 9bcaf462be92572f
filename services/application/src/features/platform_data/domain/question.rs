//! What can be asked, checked, in the one form that is sent on and that the answer is kept under.

use problem::Problem;
use service::parameters::{Parameters, not_acceptable, whole_number};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The first and the last model year that make sense to ask for.
const YEARS: std::ops::RangeInclusive<i64> = 1900..=2100;
/// vPIC's ids are of 31 bits, those of trims, engines and transmissions of 48.
const LARGEST_ID: i64 = (1 << 48) - 1;
const LARGEST_VPIC_ID: i64 = (1 << 31) - 1;
const VEHICLE_TYPES: [&str; 4] = ["car", "mpv", "truck", "motorcycle"];
const VIN_LENGTH: usize = 17;

/// The drop-downs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    Years,
    Makes,
    Models,
    Trims,
    Engines,
    Transmissions,
}

impl List {
    const fn name(self) -> &'static str {
        match self {
            Self::Years => "years",
            Self::Makes => "makes",
            Self::Models => "models",
            Self::Trims => "trims",
            Self::Engines => "engines",
            Self::Transmissions => "transmissions",
        }
    }

    /// The parameters that must be there, and those that may.
    const fn parameters(self) -> (&'static [&'static str], &'static [&'static str]) {
        const MODEL: &[&str] = &["year", "make_id", "model_id"];
        match self {
            Self::Years => (&[], &["vehicle_type"]),
            Self::Makes => (&["year"], &["vehicle_type"]),
            Self::Models => (&["year", "make_id"], &["vehicle_type"]),
            Self::Trims => (MODEL, &["engine_id", "transmission_id"]),
            Self::Engines => (MODEL, &["trim_id", "transmission_id"]),
            Self::Transmissions => (MODEL, &["trim_id", "engine_id"]),
        }
    }
}

/// The models of a make in a year, which NHTSA's own API knows too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ModelsOf {
    pub(crate) year: i64,
    pub(crate) make_id: i64,
}

/// A question for a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListQuestion {
    /// List and parameters in a fixed order: `models?year=2022&make_id=474`.
    pub(crate) path: String,
    pub(crate) models_of: Option<ModelsOf>,
}

impl ListQuestion {
    /// Reads a query string; every fault is told at once.
    pub(crate) fn read(list: List, query: &str) -> Result<Self, Problem> {
        let (needed, narrowing) = list.parameters();
        let known: Vec<&str> = needed.iter().chain(narrowing).copied().collect();
        let mut parameters = Parameters::read(query, &known);
        let mut path = list.name().to_owned();
        let mut numbers = [0; 3];
        for (name, number) in needed.iter().zip(&mut numbers) {
            *number = parameters.required(name, |text| number_of(name, text));
            put(&mut path, name, number);
        }
        for name in narrowing {
            if *name == "vehicle_type" {
                let types = parameters.optional(name, vehicle_types);
                types.inspect(|types| put(&mut path, name, types));
            } else {
                let id = parameters.optional(name, |text| number_of(name, text));
                id.inspect(|id| put(&mut path, name, id));
            }
        }
        parameters.finish().map_err(not_acceptable)?;
        let [year, make_id, _] = numbers;
        // NHTSA's list has every type: one that was narrowed is not its to give.
        let whole = !path.contains("vehicle_type");
        let models_of = (list == List::Models && whole).then_some(ModelsOf { year, make_id });
        Ok(Self { path, models_of })
    }
}

fn put(path: &mut String, name: &str, value: impl std::fmt::Display) {
    let joint = if path.contains('?') { '&' } else { '?' };
    // Writing to a string does not fail.
    let _ = write!(path, "{joint}{name}={value}");
}

fn number_of(name: &str, text: &str) -> Result<i64, String> {
    let within = |largest| {
        whole_number(text)
            .filter(|number| (0..=largest).contains(number))
            .ok_or_else(|| "must be an id from one of the lists".to_owned())
    };
    match name {
        "year" | "model_year" => whole_number(text)
            .filter(|year| YEARS.contains(year))
            .ok_or_else(|| "must be a model year such as 2022".to_owned()),
        "make_id" | "model_id" => within(LARGEST_VPIC_ID),
        _ => within(LARGEST_ID),
    }
}

/// In the order of the platform, each once.
fn vehicle_types(text: &str) -> Result<String, String> {
    let named: Vec<&str> = text.split(',').map(str::trim).collect();
    if !named.iter().all(|name| VEHICLE_TYPES.contains(name)) {
        let allowed = VEHICLE_TYPES.join(", ");
        return Err(format!(
            "must be one or more of {allowed}, separated by commas"
        ));
    }
    let types = VEHICLE_TYPES.iter().filter(|kind| named.contains(kind));
    Ok(types.copied().collect::<Vec<_>>().join(","))
}

/// A VIN to decode. It names a vehicle and so, often, a person: it does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct VinQuestion {
    pub(crate) vin: String,
    pub(crate) model_year: Option<i64>,
}

impl VinQuestion {
    /// Reads a query string.
    pub(crate) fn read(query: &str) -> Result<Self, Problem> {
        let mut parameters = Parameters::read(query, &["vin", "model_year"]);
        let vin = parameters.required("vin", clean);
        let model_year = parameters.optional("model_year", |text| number_of("model_year", text));
        parameters.finish().map_err(not_acceptable)?;
        Ok(Self { vin, model_year })
    }

    /// What the answer is kept under. A digest, because keys show in the logs of a store.
    pub(crate) fn key(&self) -> String {
        let year = self.model_year.unwrap_or_default();
        let digest = Sha256::digest(format!("{}/{year}", self.vin));
        digest.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// Letters of any case; blanks and dashes are for the eye. Whether it makes a good VIN is for decoding to say.
fn clean(text: &str) -> Result<String, String> {
    let kept = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
    let vin: String = kept.map(|c| c.to_ascii_uppercase()).collect();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '*';
    if (1..=VIN_LENGTH).contains(&vin.len()) && vin.chars().all(plain) {
        Ok(vin)
    } else {
        Err("must be a VIN: up to 17 letters and digits, * for one that is not known".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(list: List, query: &str) -> String {
        ListQuestion::read(list, query).unwrap().path
    }

    #[test]
    fn one_question_has_one_form() {
        let models = "models?year=2022&make_id=474&vehicle_type=car,truck";
        for query in [
            "make_id=474&year=2022&vehicle_type=truck,car",
            "vehicle_type=car,%20truck,car&year=2022&make_id=474",
        ] {
            assert_eq!(path(List::Models, query), models);
        }
        assert_eq!(path(List::Years, ""), "years");
        let trims = "transmission_id=7&year=2022&model_id=3&make_id=2";
        assert_eq!(
            path(List::Trims, trims),
            "trims?year=2022&make_id=2&model_id=3&transmission_id=7"
        );
    }

    #[test]
    fn only_a_whole_list_of_models_can_come_from_nhtsa() {
        let of = |list, query| ListQuestion::read(list, query).unwrap().models_of;
        let whole = ModelsOf {
            year: 2022,
            make_id: 474,
        };
        assert_eq!(of(List::Models, "year=2022&make_id=474"), Some(whole));
        assert_eq!(
            of(List::Models, "year=2022&make_id=474&vehicle_type=car"),
            None
        );
        assert_eq!(of(List::Makes, "year=2022"), None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let named = |list, query: &str| -> Vec<String> {
            let problem = ListQuestion::read(list, query).unwrap_err();
            problem.errors.into_iter().map(|it| it.pointer).collect()
        };
        assert_eq!(named(List::Makes, "year=99999"), ["/query/year"]);
        assert_eq!(
            named(List::Models, "colour=red&year=2022"),
            ["/query/colour", "/query/make_id"]
        );
        assert_eq!(
            named(List::Years, "vehicle_type=boat"),
            ["/query/vehicle_type"]
        );
        assert_eq!(
            named(
                List::Trims,
                "year=2022&make_id=2147483648&model_id=1&trim_id=1"
            ),
            ["/query/trim_id", "/query/make_id"]
        );
    }

    #[test]
    fn a_vin_is_cleaned_and_its_key_does_not_show_it() {
        let vin = VinQuestion::read("vin=1hg-cm826%2033a004352&model_year=2003").unwrap();
        assert_eq!(
            (&*vin.vin, vin.model_year),
            ("1HGCM82633A004352", Some(2003))
        );
        assert!(!vin.key().to_uppercase().contains("1HGCM"));
        assert_ne!(
            vin.key(),
            VinQuestion::read("vin=1HGCM82633A004352").unwrap().key()
        );
        for bad in [
            "",
            "vin=",
            "vin=123456789012345678",
            "vin=%C3%A9",
            "vin=1%2F2",
        ] {
            let problem = VinQuestion::read(bad).err().unwrap();
            assert_eq!(problem.errors[0].pointer, "/query/vin", "{bad}");
        }
    }
}
