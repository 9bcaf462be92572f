//! The routes: read the question, decode, answer.

use super::batch::decode_vins;
use super::recent::{Ready, recent};
use crate::features::catalog::respond;
use crate::features::vin::decoding::{Decoding, Served};
use crate::features::vin::domain::answer::answer;
use crate::features::vin::domain::question::{Question, Unreadable, as_of};
use crate::features::vin::error::VinError;
use actix_web::web::{Data, Json, Path, Query};
use actix_web::{HttpRequest, HttpResponse, get, post};
use contracts::vin::{VinAnswer, VinQuestion};
use problem::Problem;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use vin_decoder::decode;

/// What most answers fit into, and most with every variable.
const BYTES: usize = 2 * 1024;
const FULL_BYTES: usize = 16 * 1024;

/// Every route of the capsule, without the check of the API key.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(decode_vin)
        .service(decode_vins)
        .service(decode_vin_of_path);
}

/// What may be asked for beside the VIN.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Extent {
    /// `true` adds every public variable of vPIC, with its source.
    #[param(value_type = Option<bool>)]
    attributes: Option<String>,
}

/// What may be asked of a VIN in the path.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PathQuery {
    /// The model year, where it is known.
    #[param(value_type = Option<i32>, example = 2003)]
    model_year: Option<String>,
    /// `true` adds every public variable of vPIC, with its source.
    #[param(value_type = Option<bool>)]
    attributes: Option<String>,
}

/// Decodes a VIN, whole or partial, as NHTSA's vPIC does. A VIN that is wrong is decoded as far as it goes, and `errors` says
/// what is wrong with it.
#[utoipa::path(
    request_body = VinQuestion,
    responses(
        (status = 200, description = "What is known of the VIN", body = VinAnswer<'static>),
        (status = 400, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON by its Content-Type", body = Problem, content_type = "application/problem+json"),
    ),
)]
#[post("/vindecode")]
async fn decode_vin(
    request: HttpRequest,
    decoding: Data<Decoding>,
    extent: Query<Extent>,
    body: Json<VinQuestion>,
) -> Result<HttpResponse, Problem> {
    let attributes = extent.attributes().map_err(unreadable)?;
    let question = Question::of_body(&body).map_err(unreadable)?;
    answer_to(&request, &decoding, question, attributes).await
}

/// Decodes a VIN that stands in the path, for browsers and caches.
#[utoipa::path(
    params(
        ("vin" = String, Path, description = "The VIN", example = "1HGCM82633A004352"),
    ),
    responses(
        (status = 200, description = "What is known of the VIN", body = VinAnswer<'static>),
    ),
)]
#[get("/vindecode/{vin}")]
async fn decode_vin_of_path(
    request: HttpRequest,
    decoding: Data<Decoding>,
    vin: Path<String>,
    query: Query<PathQuery>,
) -> Result<HttpResponse, Problem> {
    let attributes = flag(query.attributes.as_deref()).map_err(unreadable)?;
    let question = Question::of_path(&vin, query.model_year.as_deref()).map_err(unreadable)?;
    answer_to(&request, &decoding, question, attributes).await
}

impl Extent {
    pub(super) fn attributes(&self) -> Result<bool, Unreadable> {
        flag(self.attributes.as_deref())
    }
}

fn flag(text: Option<&str>) -> Result<bool, Unreadable> {
    match text {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Unreadable {
            part: "/query/attributes",
            detail: "must be true or false".to_owned(),
        }),
    }
}

async fn answer_to(
    request: &HttpRequest,
    decoding: &Decoding,
    question: Question,
    attributes: bool,
) -> Result<HttpResponse, Problem> {
    let served = decoding.release().await.map_err(failed)?;
    // Some 10 microseconds: less than handing it to another thread.
    let make = || ready(&served, question, attributes);
    let ready = if attributes {
        make()
    } else {
        recent(question, served.live.id, make)
    };
    let Ready { body, tag } = ready.map_err(failed)?;
    Ok(respond(request, &served.live, &tag, body))
}

fn ready(served: &Served, question: Question, attributes: bool) -> Result<Ready, VinError> {
    let options = question.options(as_of(&served.live.month));
    let decoded = decode(&served.content, &question.vin, &options);
    let answer = answer(&decoded, &served.live.label, attributes);
    let mut body = Vec::with_capacity(if attributes { FULL_BYTES } else { BYTES });
    serde_json::to_writer(&mut body, &answer)?;
    // Two answers about a VIN by one release differ only where the program does: a checksum tells them apart.
    let tag = format!("{:08x}", crc32fast::hash(&body));
    Ok(Ready {
        body: body.into(),
        tag,
    })
}

pub(super) fn unreadable(fault: Unreadable) -> Problem {
    Problem::from(&VinError::from(fault))
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(super) fn failed(error: VinError) -> Problem {
    let problem = Problem::from(&error);
    if problem.status >= 500 {
        // The cause goes to the log here; the problem does not carry it.
        tracing::error!(
            error = service::errors::chain(&error),
            "a VIN got no answer"
        );
    }
    problem
}
