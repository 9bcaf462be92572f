//! What a request says that goes along when others are asked for it: its id, its trace, its deadline.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use service::server::RequestId;
use service::trace_context::{DEADLINE_HEADER, TRACEPARENT_HEADER, new_request_id};
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::time::Duration;
use upstream::Asking;

/// Where a request came from, for those who are asked because of it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    request_id: String,
    traceparent: Option<Vec<u8>>,
    left_ms: Option<u64>,
}

impl Asked {
    /// Asking others on its behalf, for so long at most.
    pub(crate) fn within(&self, patience: Duration) -> Asking {
        let traceparent = self.traceparent.as_deref();
        Asking::for_request(&self.request_id, traceparent, self.left_ms, patience)
    }
}

impl Asked {
    /// What a request says.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let extensions = request.extensions();
        let request_id = extensions.get::<RequestId>().map_or_else(
            || new_request_id().to_string(),
            |id| id.0.as_ref().to_owned(),
        );
        let header = |name| request.headers().get(name);
        Self {
            request_id,
            traceparent: header(TRACEPARENT_HEADER).map(|value| value.as_bytes().to_vec()),
            left_ms: header(DEADLINE_HEADER).and_then(|value| value.to_str().ok()?.parse().ok()),
        }
    }
}

impl FromRequest for Asked {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}
