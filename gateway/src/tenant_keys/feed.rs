//! Following the events of the tenants platform.

use super::TenantKeys;
use super::known::Known;
use super::platform::{Event, Events, MOST_EVENTS, Platform};
use rand::RngExt;
use std::collections::HashSet;
use std::sync::Weak;
use std::time::Duration;

/// After a failure, so many milliseconds.
const PAUSE_MS: std::ops::Range<u64> = 500..1_500;

/// Forgets what events have made wrong, as long as anybody uses the keys.
pub(super) async fn follow(keys: Weak<TenantKeys>, platform: Platform) {
    let mut after = None;
    let mut is_heard = true;
    while keys.strong_count() > 0 {
        let Some(page) = platform.events(after).await else {
            if let Some(keys) = keys.upgrade() {
                keys.clock.note_away();
            }
            if is_heard {
                tracing::warn!(
                    "the tenants platform is not heard of; known keys serve for a while"
                );
                is_heard = false;
            }
            let pause = rand::rng().random_range(PAUSE_MS);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            continue;
        };
        let Some(keys) = keys.upgrade() else { return };
        if !is_heard {
            tracing::info!("the tenants platform is heard of again");
            is_heard = true;
        }
        let touched = Touched::by(&page, after);
        if !touched.is_nothing() {
            keys.shelf.forget(|known| touched.has(known));
        }
        after = Some(page.next);
        // Behind a full page there may be more.
        if page.data.len() < MOST_EVENTS {
            keys.clock.confirm();
        }
    }
}

/// What the events of a page may have made wrong.
#[derive(Default)]
struct Touched<'a> {
    everything: bool,
    keys: HashSet<&'a str>,
    tenants: HashSet<String>,
}

impl<'a> Touched<'a> {
    fn by(page: &'a Events, after: Option<i64>) -> Self {
        let mut touched = Self {
            everything: has_gap(page, after),
            ..Self::default()
        };
        page.data.iter().for_each(|event| touched.add(event));
        touched
    }

    fn add(&mut self, event: &'a Event) {
        // Nothing is known yet of a new key.
        if event.kind == "api_key.created" {
            return;
        }
        if event.kind.starts_with("api_key.") {
            self.keys.insert(&event.subject);
        } else if event.kind.starts_with("tenant.") {
            match event.tenant_id {
                Some(id) => {
                    self.tenants.insert(id.to_string());
                }
                None => self.everything = true,
            }
        } else if event.kind.starts_with("plan.") {
            self.everything = true;
        }
    }

    fn is_nothing(&self) -> bool {
        !self.everything && self.keys.is_empty() && self.tenants.is_empty()
    }

    fn has(&self, known: &Known) -> bool {
        self.everything
            || self.keys.contains(&*known.id)
            || (known.tenant.to_str()).is_ok_and(|tenant| self.tenants.contains(tenant))
    }
}

/// Whether something may have happened that no page tells of.
fn has_gap(page: &Events, after: Option<i64>) -> bool {
    let Some(after) = after else {
        // Whoever asked before the end was known knows nothing for certain.
        return true;
    };
    if page.next < after {
        // An older copy of its database: its next events have numbers that were read before.
        tracing::warn!(
            after,
            next = page.next,
            "the tenants platform went back to earlier events; all keys are asked about again"
        );
        return true;
    }
    after < page.oldest.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn page(next: i64, oldest: i64, kinds: &[&str]) -> Events {
        let data = kinds.iter().map(|kind| {
            json!({"type": kind, "subject": "aB3dE6gH9jK2", "tenant_id": "00000000-0000-7000-8000-000000000001"})
        });
        let data: Vec<_> = data.collect();
        serde_json::from_value(json!({"data": data, "next": next, "oldest": oldest})).unwrap()
    }

    #[test]
    fn everything_is_forgotten_where_a_page_does_not_follow_the_last_one() {
        assert!(has_gap(&page(7, 1, &[]), None));
        assert!(!has_gap(&page(7, 1, &[]), Some(7)));
        assert!(!has_gap(&page(9, 8, &[]), Some(7)));
        assert!(has_gap(&page(9, 9, &[]), Some(7)));
        assert!(has_gap(&page(6, 1, &[]), Some(7)));
    }

    #[test]
    fn the_events_of_a_page_are_looked_at_together() {
        let none = page(9, 1, &["member.added", "api_key.created"]);
        assert!(Touched::by(&none, Some(7)).is_nothing());
        let some = page(9, 1, &["api_key.revoked", "tenant.suspended"]);
        let touched = Touched::by(&some, Some(7));
        assert!(!touched.everything);
        assert_eq!((touched.keys.len(), touched.tenants.len()), (1, 1));
        let plan = page(9, 1, &["plan.changed"]);
        assert!(Touched::by(&plan, Some(7)).everything);
    }
}
