//! A VIN to decode, checked.

use contracts::vin::VinQuestion;
use vin_decoder::{AsOf, Options, Vin};

/// Years that make sense to ask for; whether the VIN can have one is for decoding to say.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2100;

/// A question that can be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    pub(crate) vin: Vin,
    pub(crate) model_year: Option<i32>,
}

/// A part of a question that cannot be read, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub(crate) struct Unreadable {
    /// As a JSON pointer, for example `/body/vin`.
    pub(crate) part: &'static str,
    pub(crate) detail: String,
}

impl Question {
    /// Checks what came as JSON.
    pub(crate) fn of_body(question: &VinQuestion) -> Result<Self, Unreadable> {
        let year = question
            .model_year
            .map(|year| year_of(year, "/body/model_year"));
        Ok(Self {
            vin: read_vin(&question.vin, "/body/vin")?,
            model_year: year.transpose()?,
        })
    }

    /// Checks what came in the path and the query.
    pub(crate) fn of_path(vin: &str, model_year: Option<&str>) -> Result<Self, Unreadable> {
        const PART: &str = "/query/model_year";
        let year = model_year.map(|text| {
            let year = text.parse().map_err(|_| not_a_year(PART))?;
            year_of(year, PART)
        });
        Ok(Self {
            vin: read_vin(vin, "/path/vin")?,
            model_year: year.transpose()?,
        })
    }

    /// How it is decoded with a release.
    pub(crate) fn options(&self, as_of: AsOf) -> Options {
        Options {
            model_year: self.model_year,
            as_of,
        }
    }
}

fn read_vin(text: &str, part: &'static str) -> Result<Vin, Unreadable> {
    Vin::clean(text).map_err(|error| Unreadable {
        part,
        detail: error.to_string(),
    })
}

fn year_of(year: i32, part: &'static str) -> Result<i32, Unreadable> {
    if YEARS.contains(&year) {
        Ok(year)
    } else {
        Err(not_a_year(part))
    }
}

fn not_a_year(part: &'static str) -> Unreadable {
    Unreadable {
        part,
        detail: format!(
            "must be a model year from {} to {}",
            YEARS.start(),
            YEARS.end()
        ),
    }
}

/// What counts as now for a release: the end of its month, when the next one takes its place. So a VIN has the same answer as
/// long as the release lives.
pub(crate) fn as_of(month: &str) -> AsOf {
    let mut parts = month.split('-');
    let year = parts
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1970);
    let month = parts.next().and_then(|text| text.parse().ok()).unwrap_or(1);
    if month >= 12 {
        AsOf::date(year + 1, 1, 1)
    } else {
        AsOf::date(year, month + 1, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_lasts_to_the_end_of_its_month() {
        assert_eq!(as_of("2026-10"), AsOf::date(2026, 11, 1));
        assert_eq!(as_of("2026-12"), AsOf::date(2027, 1, 1));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let body = |vin: &str, model_year| {
            let vin = vin.to_owned();
            Question::of_body(&VinQuestion { vin, model_year })
        };
        assert!(body("1hg-cm8", Some(2003)).is_ok());
        assert_eq!(body("", None).unwrap_err().part, "/body/vin");
        assert_eq!(body("1HG", Some(1)).unwrap_err().part, "/body/model_year");
        let path = Question::of_path("1HG", Some("soon")).unwrap_err();
        assert_eq!(path.part, "/query/model_year");
    }
}
