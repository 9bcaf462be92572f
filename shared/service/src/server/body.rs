//! JSON bodies whose faults are told by the place where they stand.

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use problem::{Code, Problem};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;
use std::future::Future;
use std::pin::Pin;

/// A JSON body. What does not fit is a 422 with a pointer to the member that is wrong; what is no JSON a 400.
#[derive(Debug, Clone)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = request.headers().get(CONTENT_TYPE).is_some_and(|value| {
            let text = value.to_str().unwrap_or_default();
            let essence = text.split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case("application/json")
                || essence.eq_ignore_ascii_case("application/merge-patch+json")
        });
        let bytes = Bytes::from_request(request, payload);
        Box::pin(async move {
            if !is_json {
                return Err(
                    Problem::new(Code::UnsupportedMediaType).detail("Send application/json.")
                );
            }
            let bytes = bytes.await.map_err(|_| {
                // The only limit that is met here: a client that hangs up hears nothing anyway.
                Problem::new(Code::BodyTooLarge).detail("The body may have 262144 bytes.")
            })?;
            read(&bytes).map(Self)
        })
    }
}

/// Reads a body.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
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
