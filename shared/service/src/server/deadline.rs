//! How long a caller still waits (`X-Deadline-Ms`): what is not done by then is given up, for nobody would read it.

use crate::trace_context::DEADLINE_HEADER;
use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, TRANSFER_ENCODING};
use actix_web::middleware::Next;
use problem::{Code, Problem};
use std::time::Duration;

const DEADLINE: HeaderName = HeaderName::from_static(DEADLINE_HEADER);
/// A body up to this comes with its head, as good as. The time for the answer to a longer one begins at its end, which is not
/// known here: such a request is let be.
const SHORT_BODY_BYTES: u64 = 16 * 1024;

/// A middleware for routes that only callers with a key reach: wrap it before the check of the key, which then comes first.
pub async fn keep(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(left) = left(request.headers()) else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let answer = tokio::time::timeout(left, next.call(request)).await;
    let Ok(answer) = answer else {
        let problem = Problem::new(Code::Unavailable);
        return Err(problem.detail("The time that you gave is over.").into());
    };
    Ok(answer?.map_into_boxed_body())
}

/// What the caller says; what cannot be read is not said.
fn left(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &HeaderName| headers.get(name)?.to_str().ok()?.parse::<u64>().ok();
    let is_short = number(&CONTENT_LENGTH).is_none_or(|bytes| bytes <= SHORT_BODY_BYTES);
    let left = number(&DEADLINE).map(Duration::from_millis)?;
    (is_short && !headers.contains_key(TRANSFER_ENCODING)).then_some(left)
}
