//! Reading a query string into values that cannot be wrong, with every fault of it told at once.

use super::vehicle_types::VehicleTypes;
use problem::FieldError;
use std::borrow::Cow;

/// The first and the last model year that make sense to ask for.
const YEARS: std::ops::RangeInclusive<u16> = 1900..=2100;
/// Trims, engines and transmissions have ids of 48 bits.
const LARGEST_ID: i64 = (1 << 48) - 1;
/// Enough to mend any honest question; a query of thousands of unknown names is not answered with all of them.
const MOST_FAULTS: usize = 20;
const SEARCH_LENGTH: std::ops::RangeInclusive<usize> = 1..=100;

/// The parameters of one request and the faults found in them so far.
pub(crate) struct Parameters<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    faults: Vec<FieldError>,
}

impl<'a> Parameters<'a> {
    /// Reads a query string. Names other than the known ones are faults, and so are repeated ones.
    pub(crate) fn read(query: &'a str, known: &[&str]) -> Self {
        let mut this = Self {
            pairs: Vec::new(),
            faults: Vec::new(),
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if !known.contains(&&*name) {
                let shown: String = name.chars().take(40).collect();
                this.fault(
                    &shown,
                    format!("is not known here; known are {}", known.join(", ")),
                );
            } else if this.find(&name).is_some() {
                this.fault(&name, "may come only once");
            } else {
                this.pairs.push((name, value));
            }
        }
        this
    }

    fn find(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| &**value)
    }

    fn fault(&mut self, name: &str, detail: impl Into<String>) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(FieldError {
                pointer: format!("/query/{name}"),
                detail: detail.into(),
            });
        }
    }

    /// A value that may be absent. What is there must be acceptable.
    fn optional<T>(
        &mut self,
        name: &str,
        accept: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        match accept(self.find(name)?) {
            Ok(value) => Some(value),
            Err(detail) => {
                self.fault(name, detail);
                None
            }
        }
    }

    /// A value that must be there. The default stands for it until [`Parameters::finish`] tells the fault.
    fn required<T: Default>(
        &mut self,
        name: &str,
        accept: impl FnOnce(&str) -> Result<T, String>,
    ) -> T {
        if self.find(name).is_none() {
            self.fault(name, "is missing");
        }
        self.optional(name, accept).unwrap_or_default()
    }

    /// `year`.
    pub(crate) fn year(&mut self) -> i16 {
        self.required("year", model_year)
    }

    /// `year`, where it narrows only.
    pub(crate) fn optional_year(&mut self) -> Option<i16> {
        self.optional("year", model_year)
    }

    /// `make_id`.
    pub(crate) fn make_id(&mut self) -> i32 {
        self.required("make_id", vpic_id)
    }

    /// `model_id`.
    pub(crate) fn model_id(&mut self) -> i32 {
        self.required("model_id", vpic_id)
    }

    /// The id of a trim, an engine or a transmission.
    pub(crate) fn optional_id(&mut self, name: &str) -> Option<i64> {
        self.optional(name, |text| {
            whole_number(text)
                .filter(|id| (0..=LARGEST_ID).contains(id))
                .ok_or_else(|| "must be an id from one of the lists".to_owned())
        })
    }

    /// `vehicle_type`.
    pub(crate) fn vehicle_types(&mut self) -> VehicleTypes {
        self.optional("vehicle_type", VehicleTypes::parse)
            .unwrap_or_default()
    }

    /// `q`.
    pub(crate) fn search_text(&mut self) -> String {
        self.required("q", |text| {
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
        let limit = self.optional("limit", |text| {
            whole_number(text)
                .and_then(|limit| usize::try_from(limit).ok())
                .filter(|limit| (1..=most).contains(limit))
                .ok_or_else(|| format!("must be a whole number from 1 to {most}"))
        });
        limit.unwrap_or(default)
    }

    /// All faults, if there are any.
    pub(crate) fn finish(self) -> Result<(), Vec<FieldError>> {
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(self.faults)
        }
    }
}

/// Digits only: no sign, no blanks, no leading zeros, nothing too long for the type.
fn whole_number(text: &str) -> Option<i64> {
    let plain =
        text.bytes().all(|b| b.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
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
        assert_eq!(pointers(read).len(), MOST_FAULTS);
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
