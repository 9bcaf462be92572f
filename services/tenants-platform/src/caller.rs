//! Who asks, and about which tenant.

use access::Consumer;
use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use fault::Fault;
use problem::{Code, Problem};
use service::server::RequestId;
use std::future::{Ready, ready};
use uuid::Uuid;

/// Who the caller acts for, where it is not itself: the `sub` of a person's token.
const ACTOR_HEADER: &str = "x-actor";
const LONGEST_ACTOR: usize = 255;
const LONGEST_KEY: usize = 255;

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The program, by its API key.
    pub(crate) consumer: String,
    /// The person it acts for.
    pub(crate) actor: Option<String>,
    pub(crate) request_id: Option<String>,
}

impl Caller {
    /// This service itself, for what it does by the clock.
    pub(crate) fn clock() -> Self {
        Self {
            consumer: "tenants-platform".to_owned(),
            actor: None,
            request_id: None,
        }
    }

    /// As the audit has it.
    pub(crate) fn by(&self) -> audit::By {
        audit::By {
            consumer: self.consumer.clone(),
            actor: self.actor.clone(),
            request_id: self.request_id.clone(),
        }
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request))
    }
}

fn read(request: &HttpRequest) -> Result<Caller, Problem> {
    let extensions = request.extensions();
    let consumer = extensions
        .get::<Consumer>()
        .ok_or_else(|| Problem::new(Code::ApiKeyMissing))?;
    let actor = match request.headers().get(ACTOR_HEADER) {
        None => None,
        Some(value) => Some(actor_of(value.as_bytes()).ok_or_else(|| {
            Problem::new(Code::BadHeader)
                .detail("X-Actor is not acceptable.")
                .error("/header/X-Actor", "must be 1 to 255 printable characters")
        })?),
    };
    Ok(Caller {
        consumer: consumer.name().to_owned(),
        actor,
        request_id: extensions
            .get::<RequestId>()
            .map(|id| id.0.as_ref().to_owned()),
    })
}

/// What the caller calls this request, so that it is done once.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Fault> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > LONGEST_KEY {
        let detail = "must be 1 to 255 printable characters";
        return Err(Problem::new(Code::BadHeader)
            .detail("Idempotency-Key is not acceptable.")
            .error("/header/Idempotency-Key", detail)
            .into());
    }
    Ok(Some(key))
}

fn actor_of(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?;
    is_user(text).then(|| text.to_owned())
}

/// Whether a text can be the `sub` of a token.
pub(crate) fn is_user(text: &str) -> bool {
    (1..=LONGEST_ACTOR).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The tenant of the path. What is no id belongs to no tenant: 404, as for an unknown one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TenantId(pub(crate) Uuid);

impl FromRequest for TenantId {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(id_of(request, "tenant").map(Self).map_err(Problem::from))
    }
}

/// A UUID of the path.
pub(crate) fn id_of(request: &HttpRequest, name: &str) -> Result<Uuid, Fault> {
    let text = request.match_info().get(name).unwrap_or_default();
    text.parse().map_err(|_| Fault::not_found())
}
