//! An answer as people get it: the data, and where it came from.

use jiff::Timestamp;
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// Who gave an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DataSource {
    /// The platform, just now.
    Platform,
    /// What was kept of the platform's answers, and is as good.
    Cache,
    /// What was kept, and may be out of date.
    Stale,
    /// NHTSA's public vPIC API, because the platform is away.
    Nhtsa,
}

impl DataSource {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Cache => "cache",
            Self::Stale => "stale",
            Self::Nhtsa => "nhtsa",
        }
    }
}

/// Where an answer came from, and how old it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Meta {
    /// Who gave it.
    pub(crate) source: DataSource,
    /// Whether it may be out of date.
    pub(crate) stale: bool,
    /// When it was given.
    #[schema(value_type = String, format = DateTime, example = "2026-11-02T11:30:00Z")]
    pub(crate) as_of: Timestamp,
    /// The load of vehicle data that it is from: its month and its number.
    #[schema(example = "2026-10-3")]
    pub(crate) data_release: Option<String>,
}

impl Meta {
    pub(crate) fn new(
        source: DataSource,
        now: Timestamp,
        age: Duration,
        data_release: Option<String>,
    ) -> Self {
        Self {
            source,
            stale: source == DataSource::Stale,
            as_of: now.checked_sub(age).unwrap_or(now),
            data_release,
        }
    }
}

/// A list with where it came from. The items are those of the platform's list of the same name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Listed<T> {
    /// The items, in their order.
    pub(crate) data: T,
    /// Always null: the lists are complete.
    pub(crate) next_cursor: Option<String>,
    /// Where it came from.
    pub(crate) meta: Meta,
}

/// One thing with where it came from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Single<T> {
    /// The thing.
    pub(crate) data: T,
    /// Where it came from.
    pub(crate) meta: Meta,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_answer_says_since_when_it_holds() {
        let now: Timestamp = "2026-11-02T12:00:00Z".parse().unwrap();
        let meta = Meta::new(DataSource::Stale, now, Duration::from_mins(30), None);
        let said = serde_json::to_value(&meta).unwrap();
        assert_eq!(said["as_of"], "2026-11-02T11:30:00Z");
        assert_eq!(
            (&said["source"], &said["stale"]),
            (&"stale".into(), &true.into())
        );
    }
}
