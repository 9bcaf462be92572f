//! How many requests are in work at once. With more than it can do in time a process would do none in time: every short
//! limit inside has passed before its thread comes back to it. So who comes then is told to come again, at once.

use super::observe;
use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use opentelemetry::metrics::Counter;
use problem::{Code, Problem};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Enough for callers that wait while a store hangs, so that those whom a cache can answer still get in.
const MOST: usize = 256;
const RETRY_AFTER_S: u32 = 1;

/// The places, shared by all workers.
#[derive(Clone)]
pub(super) struct Admission {
    taken: Arc<AtomicUsize>,
    most: usize,
    turned_away: Counter<u64>,
}

impl Admission {
    pub(super) fn new(most: Option<usize>) -> Self {
        let turned_away = opentelemetry::global::meter("service")
            .u64_counter("mvp_turned_away_requests")
            .with_description("Requests answered 503 at once because too many were in work")
            .build();
        Self {
            taken: Arc::new(AtomicUsize::new(0)),
            most: most.unwrap_or(MOST),
            turned_away,
        }
    }

    fn enter(&self) -> Option<Place> {
        // Counted only to be compared: nothing is read because of it.
        let before = self.taken.fetch_add(1, Ordering::Relaxed);
        let place = Place(Arc::clone(&self.taken));
        if before < self.most {
            return Some(place);
        }
        self.turned_away.add(1, &[]);
        None
    }
}

/// A place among those in work, free again when dropped.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(super) async fn admit(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let place = match request.app_data::<Admission>() {
        // Who looks after the process is let in always.
        Some(admission) if !is_of_operators(request.path()) => match admission.enter() {
            Some(place) => Some(place),
            None => return Ok(observe::refused(request, crowded())),
        },
        _ => None,
    };
    let answer = next.call(request).await;
    drop(place);
    Ok(answer?.map_into_boxed_body())
}

fn is_of_operators(path: &str) -> bool {
    path == "/metrics" || path.starts_with("/health")
}

fn crowded() -> Problem {
    Problem::new(Code::Unavailable)
        .detail("Too many requests are in work.")
        .retry_after_s(RETRY_AFTER_S)
}
