//! A plan and what may stand in it.

use super::metric::{Limits, Metric};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Plan {
    #[schema(example = "family")]
    pub(crate) name: String,
    #[schema(example = "Family")]
    pub(crate) title: String,
    /// Metric → limit; what is absent has none.
    pub(crate) quotas: Limits,
    /// How fast the programs of a tenant may ask, all of them together; null is as fast as they can.
    #[schema(minimum = 1, maximum = 1_000_000, example = 300)]
    pub(crate) requests_per_minute: Option<i32>,
    /// So many of them at once; null is all of them.
    #[schema(minimum = 1)]
    pub(crate) burst: Option<i32>,
    /// What it switches on.
    pub(crate) features: Vec<String>,
}

impl Plan {
    /// What is wrong with it: the part, and why.
    pub(crate) fn fault(&self) -> Option<(String, String)> {
        let fault = |part: &str, reason: &str| Some((part.to_owned(), reason.to_owned()));
        if !is_name(&self.name) {
            let reason = "must have 2 to 32 lower-case letters, digits, _ and -";
            return fault("/path/plan", reason);
        }
        if !(1..=100).contains(&self.title.chars().count()) {
            return fault("/body/title", "must have 1 to 100 characters");
        }
        for (metric, limit) in &self.quotas {
            let part = format!("/body/quotas/{metric}");
            if Metric::parse(metric).is_none() {
                let known = Metric::ALL.map(Metric::as_str).join(", ");
                return Some((part, format!("is none of {known}")));
            }
            if *limit < 0 {
                return fault(&part, "must not be negative");
            }
        }
        let rate = self.requests_per_minute;
        if rate.is_some_and(|rate| !(1..=1_000_000).contains(&rate)) {
            return fault("/body/requests_per_minute", "must be from 1 to 1000000");
        }
        let fits = |burst: &i32| rate.is_some_and(|rate| (1..=rate).contains(burst));
        if !self.burst.as_ref().is_none_or(fits) {
            return fault("/body/burst", "must be from 1 to requests_per_minute");
        }
        if self.features.len() > 100 || !self.features.iter().all(|feature| is_name(feature)) {
            let reason = "must be at most 100 names of 2 to 32 lower-case letters, digits, _ and -";
            return fault("/body/features", reason);
        }
        None
    }
}

fn is_name(text: &str) -> bool {
    (2..=32).contains(&text.len())
        && text.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-')
        })
}
