//! The parameters that the catalogue knows.

use super::vehicle_types::VehicleTypes;
use problem::FieldError;
use service::parameters::{self, whole_number};

/// The first and the last model year that make sense to ask for.
const YEARS: std::ops::RangeInclusive<u16> = 1900..=2100;
/// Trims, engines and transmissions have ids of 48 bits.
const LARGEST_ID: i64 = (1 << 48) - 1;
const SEARCH_LENGTH: std::ops::RangeInclusive<usize> = 1..=100;

/// The parameters of one request and the faults found in them so far.
pub(crate) struct Parameters<'a>(parameters::Parameters<'a>);

impl<'a> Parameters<'a> {
    /// Reads a query string. Names other than the known ones are faults, and so are repeated ones.
    pub(crate) fn read(query: &'a str, known: &[&str]) -> Self {
        Self(parameters::Parameters::read(query, known))
    }

    /// `year`.
    pub(crate) fn year(&mut self) -> i16 {
        self.0.required("year", model_year)
    }

    /// `year`, where it narrows only.
    pub(crate) fn optional_year(&mut self) -> Option<i16> {
        self.0.optional("year", model_year)
    }

    /// `make_id`.
    pub(crate) fn make_id(&mut self) -> i32 {
        self.0.required("make_id", vpic_id)
    }

    /// `model_id`.
    pub(crate) fn model_id(&mut self) -> i32 {
        self.0.required("model_id", vpic_id)
    }

    /// The id of a trim, an engine or a transmission.
    pub(crate) fn optional_id(&mut self, name: &str) -> Option<i64> {
        self.0.optional(name, |text| {
            whole_number(text)
                .filter(|id| (0..=LARGEST_ID).contains(id))
                .ok_or_else(|| "must be an id from one of the lists".to_owned())
        })
    }

    /// `vehicle_type`.
    pub(crate) fn vehicle_types(&mut self) -> VehicleTypes {
        let types = self.0.optional("vehicle_type", VehicleTypes::parse);
        types.unwrap_or_default()
    }

    /// `q`.
    pub(crate) fn search_text(&mut self) -> String {
        self.0.required("q", |text| {
            let text = text.trim();
            if SEARCH_LENGTH.contains(&text.chars().count()) {
                Ok(text.to_owned())
            } else {
                Err("must have 1 to 100 characters".to_owned())
            }
        })
    }

    /// `limit`, up to `most`.
    pub(crate) fn limit(&mut self, default: usize, most: usize) -> usize {
        let limit = self.0.optional("limit", |text| {
            whole_number(text)
                .and_then(|limit| usize::try_from(limit).ok())
                .filter(|limit| (1..=most).contains(limit))
                .ok_or_else(|| format!("must be a whole number from 1 to {most}"))
        });
        limit.unwrap_or(default)
    }

    /// All faults, if there are any.
    pub(crate) fn finish(self) -> Result<(), Vec<FieldError>> {
        self.0.finish()
    }
}

fn model_year(text: &str) -> Result<i16, String> {
    whole_number(text)
        .and_then(|year| u16::try_from(year).ok())
        .filter(|year| YEARS.contains(year))
        .and_then(|year| i16::try_from(year).ok())
        .ok_or_else(|| "must be a model year such as 2022".to_owned())
}

fn vpic_id(text: &str) -> Result<i32, String> {
    whole_number(text)
        .and_then(|id| i32::try_from(id).ok())
        .ok_or_else(|| "must be an id from one of the lists".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pointers(parameters: Parameters<'_>) -> Vec<String> {
        parameters
            .finish()
            .unwrap_err()
            .into_iter()
            .map(|fault| fault.pointer)
            .collect()
    }

    #[test]
    fn good_values_come_through() {
        let mut read = Parameters::read("year=2022&make_id=474", &["year", "make_id"]);
        assert_eq!((read.year(), read.make_id()), (2022, 474));
        assert!(read.finish().is_ok());
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let mut read = Parameters::read("year=x&colour=red", &["year", "make_id"]);
        let _ = (read.year(), read.make_id());
        assert_eq!(
            pointers(read),
            ["/query/colour", "/query/year", "/query/make_id"]
        );
    }

    #[test]
    fn absurd_years_are_refused() {
        for year in [
            "",
            "0",
            "99999",
            "-2022",
            "+2022",
            "2022.0",
            "02022",
            "1899",
            "2101",
            "２０２２",
        ] {
            let query = format!("year={year}");
            let mut read = Parameters::read(&query, &["year"]);
            let _ = read.year();
            assert_eq!(pointers(read), ["/query/year"], "{year}");
        }
    }

    #[test]
    fn a_repeated_parameter_is_refused() {
        let mut read = Parameters::read("year=2022&year=2021", &["year"]);
        let _ = read.year();
        assert_eq!(pointers(read), ["/query/year"]);
    }

    #[test]
    fn thousands_of_unknown_names_are_not_all_told() {
        let query = "x&".repeat(5_000);
        let read = Parameters::read(&query, &["year"]);
        assert_eq!(pointers(read).len(), parameters::MOST_FAULTS);
    }

    proptest! {
        #[test]
        fn no_query_is_too_strange_to_read(query in "\\PC{0,200}") {
            let mut read = Parameters::read(&query, &["year", "q"]);
            let _ = (read.year(), read.search_text());
            let _ = read.finish();
        }
    }
}
