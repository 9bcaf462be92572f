//! Following the events of the tenants platform.

use super::TenantKeys;
use super::platform::{Event, Platform};
use rand::RngExt;
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
        // Whoever asked before the end was known, or missed events, knows nothing for certain.
        if after.is_none_or(|after| after < page.oldest.saturating_sub(1)) {
            keys.forget(|_| true);
        }
        for event in &page.data {
            heed(&keys, event);
        }
        after = Some(page.next);
        keys.clock.confirm();
    }
}

fn heed(keys: &TenantKeys, event: &Event) {
    if event.kind.starts_with("api_key.") {
        keys.forget(|known| *known.id == *event.subject);
    } else if event.kind.starts_with("tenant.") {
        let tenant = event.tenant_id.map(|id| id.to_string());
        keys.forget(|known| {
            tenant
                .as_ref()
                .is_none_or(|id| known.tenant.as_bytes() == id.as_bytes())
        });
    } else if event.kind.starts_with("plan.") {
        keys.forget(|_| true);
    }
}
