//! Which of two upstreams gets a request of a route.

use crate::settings::{CanarySettings, Settings};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::sync::atomic::{AtomicU32, Ordering};

/// A prime to 100: a hundred turns meet every number below it once, spread evenly.
const STRIDE: u32 = 61;

/// Another upstream that gets some of a route's requests.
#[derive(Debug)]
pub(crate) struct Canary {
    /// The upstream's place in the list of upstreams.
    pub(crate) upstream: usize,
    /// So many of a hundred requests.
    pub(crate) weight: u32,
    header: Option<(HeaderName, HeaderValue)>,
    turn: AtomicU32,
}

impl Canary {
    /// Builds it from valid settings.
    pub(crate) fn new(all: &Settings, settings: &CanarySettings) -> Self {
        let header = settings.header.as_ref();
        Self {
            upstream: all.place_of(&settings.upstream),
            weight: settings.weight,
            header: header.and_then(|it| Some((it.name.parse().ok()?, it.value.parse().ok()?))),
            turn: AtomicU32::new(0),
        }
    }

    /// Whether it gets this request.
    pub(crate) fn takes(&self, headers: &HeaderMap) -> bool {
        if let Some((name, value)) = &self.header
            && headers.get(name) == Some(value)
        {
            return true;
        }
        self.weight > 0 && {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed) % 100;
            turn.wrapping_mul(STRIDE) % 100 < self.weight
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_requests_are_shared_out_exactly() {
        for weight in [0, 1, 25, 50, 99, 100] {
            let canary = Canary {
                upstream: 0,
                weight,
                header: None,
                turn: AtomicU32::new(7),
            };
            let none = HeaderMap::new();
            let taken = (0..100).filter(|_| canary.takes(&none)).count();
            assert_eq!(u32::try_from(taken).unwrap(), weight);
        }
    }
}
