//! Following the live release: a running process serves a new one within seconds.

use super::{LIVE_RELEASE, LiveRelease};
use arc_swap::ArcSwapOption;
use pg::{Db, DbError};
use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// How often the registry is asked; one look-up by index.
const INTERVAL: Duration = Duration::from_secs(2);

/// The release that is served, with what a capsule keeps of it in memory.
pub(crate) struct Served<T> {
    pub(crate) live: LiveRelease,
    pub(crate) content: T,
}

/// Knows the release that is served.
pub(crate) struct ReleaseWatch<T> {
    db: Db,
    /// What is kept, for logs.
    what: &'static str,
    served: ArcSwapOption<Served<T>>,
    looking: Mutex<()>,
}

impl<T> ReleaseWatch<T> {
    /// A watch that has not looked yet.
    pub(crate) fn new(db: Db, what: &'static str) -> Self {
        Self {
            db,
            what,
            served: ArcSwapOption::empty(),
            looking: Mutex::default(),
        }
    }

    /// The release to answer a request from, once for the whole request.
    pub(crate) fn current(&self) -> Option<Arc<Served<T>>> {
        self.served.load_full()
    }

    /// Looks once. Gives the release when it is another than before.
    ///
    /// One at a time: many requests of a process that has just started must not each load what is kept, and a slow
    /// look must not put an older release over a newer one.
    pub(crate) async fn look<E, F>(
        &self,
        load: impl FnOnce(Db, LiveRelease) -> F,
    ) -> Result<Option<Arc<Served<T>>>, E>
    where
        E: From<DbError>,
        F: Future<Output = Result<T, E>>,
    {
        let _looking = self.looking.lock().await;
        let live = self.db.query_opt(LIVE_RELEASE, &[]).await?;
        let live = live.map(|row| LiveRelease::new(row.get("id"), row.get("month")));
        let before = self.current();
        if live.as_ref() == before.as_ref().map(|served| &served.live) {
            return Ok(None);
        }
        let Some(live) = live else { return Ok(None) };
        let content = load(self.db.clone(), live.clone()).await?;
        tracing::info!(
            what = self.what,
            release = live.id,
            month = live.month,
            "serving another release"
        );
        let served = Arc::new(Served { live, content });
        self.served.store(Some(Arc::clone(&served)));
        Ok(Some(served))
    }

    /// Looks for ever; `changed` is told of each release.
    pub(crate) async fn follow<E, F>(
        &self,
        load: impl Fn(Db, LiveRelease) -> F,
        mut changed: impl FnMut(Arc<Served<T>>),
    ) where
        E: From<DbError> + Error + 'static,
        F: Future<Output = Result<T, E>>,
    {
        let mut ticks = tokio::time::interval(INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match self.look(&load).await {
                Ok(Some(served)) => changed(served),
                Ok(None) => {}
                Err(error) => tracing::warn!(
                    what = self.what,
                    error = service::errors::chain(&error),
                    "the live release cannot be followed"
                ),
            }
        }
    }
}
