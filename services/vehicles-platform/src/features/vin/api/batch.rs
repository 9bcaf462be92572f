//! Many VINs in one request: in as they come, out in their order, in bounded memory.

use super::handlers::{Extent, failed, unreadable};
use super::lines::{Block, blocks};
use crate::features::vin::decoding::{Decoding, Served};
use crate::features::vin::domain::answer::answer;
use crate::features::vin::domain::question::{Question, as_of};
use crate::features::vin::error::VinError;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::web::{self, Data, Payload, Query};
use actix_web::{HttpRequest, HttpResponse, post};
use bytes::Bytes;
use contracts::vin::{LineError, LineProblem, VinAnswer, VinQuestion};
use futures_util::TryStreamExt;
use problem::{Code, Problem};
use serde::Deserialize;
use std::sync::Arc;
use vin_decoder::decode;

/// A list is read as a whole; more VINs come as lines.
const MOST_IN_LIST: usize = 1000;
const LIST_BYTES: usize = 256 * 1024;
const LINES: &str = "application/x-ndjson";
/// Blocks that are decoded at the same time.
const AT_ONCE: usize = 4;

/// A question of a batch: the VIN alone, or with its model year.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub(super) enum Entry {
    /// The VIN.
    Vin(String),
    /// The VIN, and what is known of it.
    Question(VinQuestion),
}

/// Decodes many VINs. Send a JSON list of up to 1,000, or lines of JSON (`application/x-ndjson`) without a limit; each entry is
/// a VIN or `{"vin", "model_year"}`. The answer is a line of JSON for each, in their order, as they are decoded; for an entry
/// that cannot be read it is `{"error": {line, code, detail}}`.
#[utoipa::path(
    request_body(content(
        (Vec<Entry> = "application/json"),
        (String = "application/x-ndjson"),
    )),
    responses(
        (status = 200, description = "A line for each VIN: an answer or an error", content((VinAnswer<'static> = "application/x-ndjson"), (LineProblem = "application/x-ndjson"))),
        (status = 400, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The list is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is neither a list nor lines by its Content-Type", body = Problem, content_type = "application/problem+json"),
    ),
)]
#[post("/vindecode/batch")]
pub(super) async fn decode_vins(
    request: HttpRequest,
    decoding: Data<Decoding>,
    extent: Query<Extent>,
    body: Payload,
) -> Result<HttpResponse, Problem> {
    let attributes = extent.attributes().map_err(unreadable)?;
    let job = Job {
        served: decoding.release().await.map_err(failed)?,
        attributes,
    };
    let mut response = HttpResponse::Ok();
    response.content_type(LINES);
    response.insert_header(("X-Data-Release", job.served.live.label.clone()));
    match media_type(request.headers()).as_deref() {
        Some("application/json") => {
            let entries = list_of(body).await?;
            let decoded = web::block(move || job.decode_list(entries)).await;
            let lines = decoded.map_err(|_| failed(VinError::Stopped))?;
            Ok(response.body(lines.map_err(failed)?))
        }
        Some("application/x-ndjson" | "application/jsonl" | "application/ndjson") => {
            let answers = blocks(body)
                .map_err(actix_web::Error::from)
                .map_ok(move |block| {
                    let job = job.clone();
                    async move {
                        let decoded = web::block(move || job.decode_block(&block)).await;
                        let lines = decoded.map_err(|_| failed(VinError::Stopped))?;
                        Ok(Bytes::from(lines.map_err(failed)?))
                    }
                })
                .try_buffered(AT_ONCE);
            Ok(response.streaming::<_, actix_web::Error>(answers))
        }
        _ => Err(Problem::new(Code::UnsupportedMediaType)
            .detail("Send application/json for a list or application/x-ndjson for lines.")),
    }
}

/// The media type without its parameters, in lower case.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let media_type = value.split(';').next().unwrap_or_default();
    Some(media_type.trim().to_ascii_lowercase())
}

async fn list_of(body: Payload) -> Result<Vec<serde_json::Value>, Problem> {
    let too_large = || {
        Problem::new(Code::BodyTooLarge).detail(format!(
            "A list may have {MOST_IN_LIST} VINs and {LIST_BYTES} bytes; send more as lines (application/x-ndjson)."
        ))
    };
    let bytes = body
        .to_bytes_limited(LIST_BYTES)
        .await
        .map_err(|_| too_large())?
        .map_err(|_| Problem::new(Code::BadRequest).detail("The body could not be read."))?;
    let entries: Vec<serde_json::Value> = serde_json::from_slice(&bytes).map_err(|error| {
        let code = if error.is_data() {
            Code::InvalidBody
        } else {
            Code::BadJson
        };
        Problem::new(code)
            .detail("The body is not a JSON list.")
            .error("/body", error.to_string())
    })?;
    if entries.len() > MOST_IN_LIST {
        return Err(too_large());
    }
    Ok(entries)
}

/// What every block of a batch is decoded with: one release from the first line to the last.
#[derive(Clone)]
struct Job {
    served: Arc<Served>,
    attributes: bool,
}

impl Job {
    fn decode_list(&self, entries: Vec<serde_json::Value>) -> Result<Vec<u8>, VinError> {
        let mut out = Vec::new();
        for (line, entry) in (1..).zip(entries) {
            let entry = serde_json::from_value(entry);
            self.write(&mut out, line, entry)?;
        }
        Ok(out)
    }

    fn decode_block(&self, block: &Block) -> Result<Vec<u8>, VinError> {
        let mut out = Vec::with_capacity(block.lines.len().saturating_mul(64));
        for (line, text) in (block.first..).zip(block.lines.split(|byte| *byte == b'\n')) {
            let text = text.trim_ascii();
            if !text.is_empty() {
                self.write(&mut out, line, serde_json::from_slice(text))?;
            }
        }
        Ok(out)
    }

    fn write(
        &self,
        out: &mut Vec<u8>,
        line: u64,
        entry: serde_json::Result<Entry>,
    ) -> Result<(), VinError> {
        match question_of(entry) {
            Ok(question) => {
                let release = &self.served.live;
                let options = question.options(as_of(&release.month));
                let known = decode(&self.served.content, &question.vin, &options);
                serde_json::to_writer(&mut *out, &answer(&known, &release.label, self.attributes))?;
            }
            Err((code, detail)) => {
                let code = code.to_owned();
                let error = LineError { line, code, detail };
                serde_json::to_writer(&mut *out, &LineProblem { error })?;
            }
        }
        out.push(b'\n');
        Ok(())
    }
}

fn question_of(entry: serde_json::Result<Entry>) -> Result<Question, (&'static str, String)> {
    const WANTED: &str = "must be a JSON string with a VIN, or an object {\"vin\", \"model_year\"}";
    let question = match entry {
        Ok(Entry::Vin(vin)) => VinQuestion {
            vin,
            model_year: None,
        },
        Ok(Entry::Question(question)) => question,
        Err(error) if error.is_data() => return Err(("invalid_entry", WANTED.to_owned())),
        Err(_) => return Err(("bad_json", WANTED.to_owned())),
    };
    Question::of_body(&question).map_err(|fault| {
        let code = match fault.part {
            "/body/vin" => "invalid_vin",
            _ => "invalid_model_year",
        };
        (code, fault.detail)
    })
}
