//! A request that must not be done twice, as it comes and as it is answered.

use super::data;
use crate::change::Change;
use actix_web::http::header::{ETAG, HeaderMap, HeaderValue, LOCATION};
use actix_web::{HttpResponse, HttpResponseBuilder};
use fault::Fault;
use problem::{Code, Problem};
use serde::Serialize;
use sha2::{Digest, Sha256};

const HEADER: &str = "idempotency-key";
const LONGEST_KEY: usize = 255;

/// Something to be created once.
pub(crate) struct Once {
    key: Option<String>,
    digest: Vec<u8>,
}

/// A request that was answered.
pub(crate) struct Kept {
    pub(crate) digest: Vec<u8>,
    pub(crate) location: String,
    pub(crate) etag: String,
    pub(crate) body: String,
}

impl Once {
    /// What a request says. `route` tells requests with the same body apart.
    pub(crate) fn read(
        headers: &HeaderMap,
        route: &str,
        body: &impl Serialize,
    ) -> Result<Self, Fault> {
        let key = headers.get(HEADER).map(key_of).transpose()?;
        let body = serde_json::to_vec(body)
            .map_err(|error| Fault::broken("a body cannot be written", error))?;
        let mut digest = Sha256::new();
        digest.update(route.as_bytes());
        digest.update(b"\n");
        digest.update(&body);
        Ok(Self {
            key,
            digest: digest.finalize().to_vec(),
        })
    }

    /// The answer that was given to this before. From here to the end of the change nobody else is at work on the key.
    pub(crate) async fn replay(&self, change: &Change) -> Result<Option<HttpResponse>, Fault> {
        let Some(key) = &self.key else {
            return Ok(None);
        };
        let found = data::find(change.transaction(), change.context(), key).await?;
        let Some(kept) = found else {
            return Ok(None);
        };
        if kept.digest != self.digest {
            return Err(Problem::new(Code::IdempotencyMismatch)
                .detail("This key came before with another request.")
                .error("/header/Idempotency-Key", "belongs to another request")
                .into());
        }
        let mut response = created(&kept.location, &kept.etag);
        response.insert_header(("idempotent-replayed", "true"));
        Ok(Some(response.body(kept.body)))
    }

    /// The answer to what was just created; it is the answer to the same request again.
    pub(crate) async fn keep(
        self,
        change: &Change,
        location: String,
        etag: String,
        created_thing: &impl Serialize,
    ) -> Result<HttpResponse, Fault> {
        let body = serde_json::to_string(created_thing)
            .map_err(|error| Fault::broken("an answer cannot be written", error))?;
        let kept = Kept {
            digest: self.digest,
            location,
            etag,
            body,
        };
        if let Some(key) = &self.key {
            data::keep(change.transaction(), change.context(), key, &kept).await?;
        }
        Ok(created(&kept.location, &kept.etag).body(kept.body))
    }
}

fn created(location: &str, etag: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::Created();
    response
        .content_type("application/json")
        .insert_header((LOCATION, location))
        .insert_header((ETAG, etag));
    response
}

fn key_of(value: &HeaderValue) -> Result<String, Fault> {
    let key = value.to_str().unwrap_or_default();
    if (1..=LONGEST_KEY).contains(&key.len()) {
        return Ok(key.to_owned());
    }
    Err(Problem::new(Code::BadHeader)
        .detail("Idempotency-Key is not acceptable.")
        .error(
            "/header/Idempotency-Key",
            "must be 1 to 255 visible characters",
        )
        .into())
}
