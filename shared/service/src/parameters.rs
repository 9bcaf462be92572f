//! Reading a query string into values that cannot be wrong, with every fault of it told at once.

use problem::{Code, FieldError, Problem};
use std::borrow::Cow;

/// Enough to mend any honest question; a query of thousands of unknown names is not answered with all of them.
pub const MOST_FAULTS: usize = 20;

/// The parameters of one request and the faults found in them so far.
pub struct Parameters<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    faults: Vec<FieldError>,
}

impl<'a> Parameters<'a> {
    /// Reads a query string. Names other than the known ones are faults, and so are repeated ones.
    pub fn read(query: &'a str, known: &[&str]) -> Self {
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
    pub fn optional<T>(
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
    pub fn required<T: Default>(
        &mut self,
        name: &str,
        accept: impl FnOnce(&str) -> Result<T, String>,
    ) -> T {
        if self.find(name).is_none() {
            self.fault(name, "is missing");
        }
        self.optional(name, accept).unwrap_or_default()
    }

    /// All faults, if there are any.
    pub fn finish(self) -> Result<(), Vec<FieldError>> {
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(self.faults)
        }
    }
}

/// Digits only: no sign, no blanks, no leading zeros, nothing too long for the type.
pub fn whole_number(text: &str) -> Option<i64> {
    let plain =
        text.bytes().all(|b| b.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

/// The answer to a query with faults.
pub fn not_acceptable(faults: Vec<FieldError>) -> Problem {
    let names: Vec<_> = faults
        .iter()
        .filter_map(|f| f.pointer.strip_prefix("/query/"))
        .collect();
    let mut problem = Problem::new(Code::InvalidParameter).detail(format!(
        "These parameters are not acceptable: {}.",
        names.join(", ")
    ));
    problem.errors = faults;
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_told_at_once() {
        let mut read =
            Parameters::read("year=x&colour=red&size=1&size=2", &["year", "size", "make"]);
        let number = |text: &str| whole_number(text).ok_or_else(|| "must be a number".to_owned());
        read.optional("year", number);
        read.required("make", number);
        let problem = not_acceptable(read.finish().unwrap_err());
        let named: Vec<_> = problem
            .errors
            .iter()
            .map(|fault| fault.pointer.as_str())
            .collect();
        assert_eq!(
            named,
            ["/query/colour", "/query/size", "/query/year", "/query/make"]
        );
    }

    #[test]
    fn only_plain_digits_are_a_number() {
        assert_eq!(whole_number("2022"), Some(2022));
        assert_eq!(whole_number("0"), Some(0));
        for other in ["", "+1", "-1", "01", " 1", "1.0", "9999999999999999999"] {
            assert_eq!(whole_number(other), None, "{other}");
        }
    }
}
