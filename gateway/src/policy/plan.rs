//! What the plan of a tenant includes: requests a minute and requests a day, of all its programs together.
//!
//! They are the tenant's and not the key's: more keys must not buy more.

use super::gcra::Rate;
use super::limit_settings::OnRedisFailure;
use super::limits::{Caller, Counts, Pace, Told, decide, today};
use super::redis_counts::CounterName;
use super::spent::Spent;
use crate::refusal::Refusal;
use std::fmt::Write;

const MINUTE_S: u32 = 60;
const DAY_S: u32 = 86_400;

/// The limits of one plan.
pub(crate) struct PlanLimits {
    pace: Option<Pace>,
    per_day: Option<u64>,
    /// What stands in `RateLimit-Policy`.
    policy: String,
}

impl PlanLimits {
    /// None of them is no limit.
    pub(crate) fn new(per_minute: Option<u32>, burst: Option<u32>, per_day: Option<u64>) -> Self {
        let mut policy = String::new();
        // Writing to a string cannot fail.
        if let Some(per_minute) = per_minute {
            let _ = write!(policy, "\"plan\";q={per_minute};w={MINUTE_S}");
        }
        if let Some(per_day) = per_day {
            let comma = if policy.is_empty() { "" } else { ", " };
            let _ = write!(policy, "{comma}\"plan-day\";q={per_day};w={DAY_S}");
        }
        let pace = per_minute.map(|per_minute| Pace {
            rate: Rate::new(per_minute, MINUTE_S, burst.unwrap_or(per_minute)),
            name: "plan".to_owned(),
            id: "plan".to_owned(),
            on_failure: OnRedisFailure::Local,
        });
        Self {
            pace,
            per_day,
            policy,
        }
    }

    /// Judges a request of a tenant, and counts it when it passes. Without Redis this gateway counts by itself.
    pub(crate) async fn judge(
        &self,
        counts: &Counts<'_>,
        (tenant, gateway): (&str, &str),
        spent: &Spent,
        told: &mut Told,
    ) -> Result<(), Refusal> {
        told.policy.clone_from(&self.policy);
        if let Some(pace) = &self.pace {
            pace.judge(counts, Caller::Tenant(tenant), told).await?;
        }
        let Some(limit) = self.per_day else {
            return Ok(());
        };
        let (day, ends_in_s) = today();
        let shared = match counts.redis {
            Some(redis) => {
                let name = CounterName::new("plan", &day.to_string(), tenant);
                let known = spent.of(day);
                let shared = redis.spend(&name, gateway, known, (limit, ends_in_s)).await;
                shared.inspect(|(_, count)| spent.learn(day, *count))
            }
            None => None,
        };
        let local = || spent.spend(day, limit);
        let decided = decide(counts, shared, OnRedisFailure::Local, local)?;
        let Some((passes, count)) = decided else {
            return Ok(());
        };
        let left = u32::try_from(limit.saturating_sub(count.total()));
        told.note("plan-day", left.unwrap_or(u32::MAX), ends_in_s);
        if passes {
            return Ok(());
        }
        told.retry_after_s = Some(ends_in_s);
        Err(Refusal::QuotaExceeded)
    }
}
