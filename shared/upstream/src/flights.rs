//! Single flight: however many ask the same at once, one task asks for all of them.

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::runtime::Handle;

/// What a flight brings; none when its task broke.
pub(crate) type Landing<T> = Shared<BoxFuture<'static, Option<T>>>;
type UnderWay<T> = Arc<Mutex<HashMap<Arc<str>, Landing<T>>>>;

/// The flights under way, by their keys. Each is a task of its own: nobody who stops waiting ends it for the others.
pub(crate) struct Flights<T> {
    under_way: UnderWay<T>,
    runtime: Handle,
}

impl<T: Clone + Send + Sync + 'static> Flights<T> {
    pub(crate) fn new(runtime: Handle) -> Self {
        Self {
            under_way: Arc::default(),
            runtime,
        }
    }

    /// The flight under this key, begun if there is none.
    pub(crate) fn join<F>(&self, key: &Arc<str>, begin: impl FnOnce() -> F) -> Landing<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut under_way = lock(&self.under_way);
        if let Some(flight) = under_way.get(key) {
            return flight.clone();
        }
        let leaving = Leaving(Arc::clone(&self.under_way), Arc::clone(key));
        let flight = begin();
        let task = self.runtime.spawn(async move {
            let _leaving = leaving;
            flight.await
        });
        let landing = task.map(Result::ok).boxed().shared();
        under_way.insert(Arc::clone(key), landing.clone());
        landing
    }
}

/// Takes a flight off the list when it ends, however it ends.
struct Leaving<T: Clone>(UnderWay<T>, Arc<str>);

impl<T: Clone> Drop for Leaving<T> {
    fn drop(&mut self) {
        lock(&self.0).remove(&self.1);
    }
}

fn lock<T>(under_way: &Mutex<T>) -> MutexGuard<'_, T> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn five_hundred_who_ask_at_once_are_one_flight_and_the_next_is_another() {
        let flights = Flights::new(Handle::current());
        let key: Arc<str> = "makes".into();
        let asked = Arc::new(AtomicU32::new(0));
        let begin = || {
            let asked = Arc::clone(&asked);
            async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                asked.fetch_add(1, Ordering::SeqCst)
            }
        };
        let all = futures_util::future::join_all((0..500).map(|_| flights.join(&key, begin))).await;
        assert!(all.iter().all(|answer| *answer == Some(0)));
        assert_eq!(flights.join(&key, begin).await, Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn who_stops_waiting_ends_it_for_nobody() {
        let flights = Flights::new(Handle::current());
        let key: Arc<str> = "makes".into();
        let begin = || async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            7
        };
        drop(flights.join(&key, begin));
        assert_eq!(flights.join(&key, begin).await, Some(7));
        tokio::task::yield_now().await;
        assert!(lock(&flights.under_way).is_empty());
    }
}
