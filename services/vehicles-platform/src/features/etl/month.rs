//! The month of a release, as `2026-10`.

use serde::Serialize;
use std::fmt;

/// A calendar month.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(crate) struct Month(String);

impl Month {
    /// The last `YYYY_MM` or `YYYY-MM` in a file's name.
    pub(crate) fn in_name(name: &str) -> Option<Self> {
        let file = name.rsplit(['/', '\\']).next()?;
        (0..file.len())
            .rev()
            .filter_map(|start| file.get(start..start + 7))
            .find_map(|text| Self::parse(&text.replace('_', "-")))
    }

    /// `2026-10`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let valid = year.len() == 4
            && month.len() == 2
            && digits(year)
            && digits(month)
            && (1990..2100).contains(&year.parse::<u16>().ok()?)
            && (1..=12).contains(&month.parse::<u8>().ok()?);
        valid.then(|| Self(text.to_owned()))
    }

    /// The month's first day.
    pub(crate) fn first_day(&self) -> Option<jiff::civil::Date> {
        format!("{}-01", self.0).parse().ok()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_found_in_the_file_name_only() {
        let found = |name| Month::in_name(name).map(|month| month.to_string());
        assert_eq!(
            found("/a/2020_01/vPICList_lite_2026_10.sql.zst").as_deref(),
            Some("2026-10")
        );
        assert_eq!(
            found("https://h/vPICList_lite_2026_03.plain.zip").as_deref(),
            Some("2026-03")
        );
        assert_eq!(found("vPICList_lite_2026_13.plain"), None);
        assert_eq!(found("2026-01/dump.sql"), None);
    }
}
