//! How long one request may wait for its stores, in all: many waits that are each short enough may not add up.

use std::cell::Cell;
use std::future::Future;
use std::time::Duration;

/// What a request has. With it a store that hangs is a 503 within 2.5 seconds, whatever the request had done before.
pub const OF_A_REQUEST: Duration = Duration::from_millis(2_250);

tokio::task_local! {
    static LEFT: Cell<Duration>;
}

/// Does the work of a request, or a part of it that begins anew, out of a fresh budget. Tasks that it spawns have none.
pub async fn fresh<F: Future>(work: F) -> F::Output {
    LEFT.scope(Cell::new(OF_A_REQUEST), work).await
}

/// What is left of the budget of the request that is in work here; `None` outside of one.
pub fn left() -> Option<Duration> {
    LEFT.try_with(Cell::get).ok()
}

/// Takes from the budget what a wait has taken.
pub fn spend(waited: Duration) {
    // Outside of a request nobody counts.
    let _ = LEFT.try_with(|left| left.set(left.get().saturating_sub(waited)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_spent_is_gone_for_the_rest_of_the_request_and_for_no_other() {
        assert_eq!(left(), None);
        fresh(async {
            spend(Duration::from_secs(1));
            let rest = OF_A_REQUEST.saturating_sub(Duration::from_secs(1));
            assert_eq!(left(), Some(rest));
            fresh(async { assert_eq!(left(), Some(OF_A_REQUEST)) }).await;
            assert_eq!(left(), Some(rest));
            spend(Duration::from_secs(9));
            assert_eq!(left(), Some(Duration::ZERO));
            tokio::spawn(async { assert_eq!(left(), None) })
                .await
                .unwrap();
        })
        .await;
    }
}
