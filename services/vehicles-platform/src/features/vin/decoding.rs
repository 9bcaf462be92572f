//! Decoding as the process holds it: the index of the live release, shared by all threads.

use super::data::vin_index::index_of;
use super::error::VinError;
use crate::features::etl::{self, ReleaseWatch};
use pg::Db;
use std::sync::Arc;
use vin_decoder::Index;

/// The release that VINs are decoded with, and its index.
pub(crate) type Served = etl::Served<Index>;

/// What VINs are decoded with.
#[derive(Clone)]
pub(crate) struct Decoding {
    watch: Arc<ReleaseWatch<Index>>,
}

impl Decoding {
    /// Knows no release yet; [`Decoding::follow_releases`] finds it.
    pub(crate) fn new(db: Db) -> Self {
        let watch = Arc::new(ReleaseWatch::new(db, "VIN decoding"));
        Self { watch }
    }

    /// Follows the live release. Never returns.
    pub(crate) async fn follow_releases(&self) {
        self.watch.follow(index_of, |_| {}).await;
    }

    /// The release to answer from. Without one the registry is asked once more, so that the error says why.
    pub(crate) async fn release(&self) -> Result<Arc<Served>, VinError> {
        if let Some(served) = self.watch.current() {
            return Ok(served);
        }
        let found = self.watch.look(index_of).await?;
        found
            .or_else(|| self.watch.current())
            .ok_or(VinError::NoRelease)
    }

    /// The month of the release whose index is in memory, for `/health`.
    pub(crate) fn release_month(&self) -> Option<String> {
        self.watch.current().map(|served| served.live.month.clone())
    }
}
