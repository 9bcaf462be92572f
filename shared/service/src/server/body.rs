//! JSON bodies whose faults are told by the place where they stand.

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, web};
use problem::{Code, Problem};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;
use std::future::{Ready, ready};
use std::marker::PhantomData;

/// Bodies are small here; a handler that takes more reads them itself.
const LARGEST_BYTES: usize = 256 * 1024;

/// A JSON body that has not been read. It is read by the handler, once everything else about the request is known to be good: what a stranger sends
/// is never looked at.
pub struct Body<T> {
    payload: web::Payload,
    is_json: bool,
    of: PhantomData<T>,
}

impl<T: DeserializeOwned> Body<T> {
    /// Reads it. What does not fit is a 422 with a pointer to the member that is wrong; what is no JSON a 400.
    pub async fn read(self) -> Result<T, Problem> {
        if !self.is_json {
            return Err(Problem::new(Code::UnsupportedMediaType).detail("Send application/json."));
        }
        let bytes = self.payload.to_bytes_limited(LARGEST_BYTES).await;
        let bytes = bytes.map_err(|_| {
            let detail = format!("The body may have {LARGEST_BYTES} bytes.");
            Problem::new(Code::BodyTooLarge).detail(detail)
        })?;
        let broken = |_| Problem::new(Code::BadRequest).detail("The body could not be read.");
        read(&bytes.map_err(broken)?)
    }
}

impl<T: 'static> FromRequest for Body<T> {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = request.headers().get(CONTENT_TYPE).is_some_and(|value| {
            let text = value.to_str().unwrap_or_default();
            let essence = text.split(';').next().unwrap_or_default().trim();
            ["application/json", "application/merge-patch+json"]
                .iter()
                .any(|known| essence.eq_ignore_ascii_case(known))
        });
        let payload = web::Payload::from_request(request, payload).into_inner();
        ready(payload.map(|payload| Self {
            payload,
            is_json,
            of: PhantomData,
        }))
    }
}

/// Reads the bytes of a body.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let found = serde_path_to_error::deserialize(&mut reader);
    let found = found.map_err(|error| {
        let pointer = pointer(error.path());
        let cause = error.into_inner();
        if cause.is_data() {
            unfit(pointer, &cause)
        } else {
            unreadable(&cause)
        }
    })?;
    reader.end().map_err(|cause| unreadable(&cause))?;
    Ok(found)
}

/// What a value is as a type, with the pointer of what does not fit.
pub fn fit<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value)
        .map_err(|error| unfit(pointer(error.path()), error.inner()))
}

fn unreadable(cause: &serde_json::Error) -> Problem {
    Problem::new(Code::BadJson)
        .detail("The body is not JSON.")
        .error("/body", cause.to_string())
}

fn unfit(pointer: String, cause: &serde_json::Error) -> Problem {
    let said = cause.to_string();
    // Where it stands in the text is nothing to who sees the pointer.
    let detail = said.split(" at line ").next().unwrap_or_default();
    Problem::new(Code::InvalidBody)
        .detail("The body does not fit.")
        .error(pointer, detail)
}

/// RFC 6901.
fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut pointer = "/body".to_owned();
    for segment in path {
        let name = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            Segment::Enum { .. } | Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&name);
    }
    pointer
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Trip {
        #[serde(rename = "legs")]
        _legs: Vec<Leg>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Leg {
        #[serde(rename = "km")]
        _km: u32,
    }

    fn fault(text: &str) -> (u16, String, String) {
        let problem = read::<Trip>(text.as_bytes()).unwrap_err();
        let error = problem.errors.first().cloned().unwrap();
        (problem.status, error.pointer, error.detail)
    }

    #[test]
    fn what_does_not_fit_is_named_by_its_place() {
        let (status, pointer, detail) = fault(r#"{"legs":[{"km":1},{"km":"9,99"}]}"#);
        assert_eq!((status, pointer.as_str()), (422, "/body/legs/1/km"));
        assert_eq!(detail, "invalid type: string \"9,99\", expected u32");
        let (status, pointer, _) = fault(r#"{"legs":[{"km":1,"a/b":2}]}"#);
        assert_eq!((status, pointer.as_str()), (422, "/body/legs/0/a~1b"));
    }

    #[test]
    fn what_is_no_json_is_another_matter() {
        for text in ["", "{", r#"{"legs":[]} x"#] {
            let (status, pointer, _) = fault(text);
            assert_eq!((status, pointer.as_str()), (400, "/body"), "{text}");
        }
    }
}
