//! Reading events in order, and waiting for the next.
#![expect(
    unused_qualifications,
    reason = "the macro that describes the parameters writes one"
)]

use crate::features::webhooks::events::{self, Event};
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use fault::Fault;
use pg::Db;
use problem::Problem;
use serde::{Deserialize, Serialize};
use service::budget;
use service::health::Health;
use std::time::Duration;
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Below the 30 s after which proxies give up.
const LONGEST_WAIT_S: u64 = 25;
/// How soon a waiting reader learns of an event.
const LOOK: Duration = Duration::from_millis(200);
const MOST: i64 = 1_000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct From {
    /// Events after this number; 0 for all that are kept. Without it, none: the answer says where the end is.
    after: Option<i64>,
    /// 1 to 1,000; 100 by default.
    #[param(minimum = 1, maximum = 1_000)]
    limit: Option<i64>,
    /// How long to wait for an event where there is none, up to 25 seconds.
    #[param(maximum = 25)]
    wait_s: Option<u64>,
    /// Of this tenant alone.
    tenant_id: Option<Uuid>,
}

/// Events in the order in which they took effect.
#[derive(Debug, Serialize, ToSchema)]
struct Events {
    data: Vec<Event>,
    /// What to send as `after` next. Where it is less than the `after` that was sent, the numbers have gone back, as after a
    /// restore: a reader that keeps something knows nothing for certain any more.
    next: i64,
    /// The oldest event that is kept. A reader whose `after` is below `oldest - 1` has missed some.
    oldest: i64,
}

/// What happened, in order; waits for the next event where asked to.
#[utoipa::path(params(From), responses((status = 200, description = "The events", body = Events)))]
#[get("/events")]
pub(super) async fn list_events(
    db: Data<Db>,
    health: Data<Health>,
    query: Query<From>,
) -> Result<HttpResponse, Problem> {
    let limit = query.limit.unwrap_or(100);
    if !(1..=MOST).contains(&limit) {
        return Err(Fault::invalid("/query/limit", "must be from 1 to 1000").into());
    }
    let wait_s = query.wait_s.unwrap_or(0);
    if wait_s > LONGEST_WAIT_S {
        return Err(Fault::invalid("/query/wait_s", "must be at most 25").into());
    }
    let (oldest, last) = events::bounds(&db).await.map_err(Fault::from)?;
    let after = query.after.unwrap_or(last);
    if after > last {
        // The numbers have gone back, as after a restore: the reader knows more than there is.
        let events = Events {
            data: Vec::new(),
            next: last,
            oldest,
        };
        return Ok(HttpResponse::Ok().json(events));
    }
    let deadline = Instant::now() + Duration::from_secs(wait_s);
    loop {
        // Each look is a question of its own: many of them may take longer than one request may.
        let found = budget::fresh(events::after(&db, after, query.tenant_id, limit)).await;
        let data = found.map_err(Fault::from)?;
        // Who stops lets nobody wait: the reader asks again, another instance or the next start.
        let is_over = health.is_draining() || Instant::now() + LOOK > deadline;
        if !data.is_empty() || is_over {
            let next = data.last().map_or(after, |event| event.seq);
            return Ok(HttpResponse::Ok().json(Events { data, next, oldest }));
        }
        tokio::time::sleep(LOOK).await;
    }
}
