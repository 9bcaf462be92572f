//! The routes: read the query, ask the catalogue, answer.

use super::answer::respond;
use crate::features::catalog::domain::parameters::Parameters;
use crate::features::catalog::domain::question::{ModelYear, Picked, Question, Side};
use crate::features::catalog::domain::search::Search;
use crate::features::catalog::{Catalog, CatalogError};
use actix_web::{HttpRequest, HttpResponse, get, web};
use cache::Answer;
use contracts::List;
use contracts::vehicles::{
    Configuration, Engine, Make, Model, SearchHit, Transmission, Trim, Year,
};
use problem::Problem;
use service::parameters::not_acceptable;
use utoipa_actix_web::service_config::ServiceConfig;

const SEARCH_DEFAULT: usize = 10;
const SEARCH_MOST: usize = 50;

/// Every route of the capsule, without the check of the API key.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_years)
        .service(list_makes)
        .service(list_models)
        .service(list_trims)
        .service(list_engines)
        .service(list_transmissions)
        .service(list_configurations)
        .service(search_vehicles);
}

/// The model years there is data for, the latest first.
#[utoipa::path(
    params(
        ("vehicle_type" = Option<String>, Query, description = "One or more of car, mpv, truck, motorcycle; the first three by default", example = "car,mpv"),
    ),
    responses(
        (status = 200, description = "The years", body = List<Year>),
    ),
)]
#[get("/years")]
async fn list_years(request: HttpRequest, catalog: web::Data<Catalog>) -> Answered {
    let mut query = Parameters::read(request.query_string(), &["vehicle_type"]);
    let question = Question::Years {
        types: query.vehicle_types(),
    };
    answer(&request, &catalog, query, question, Picked::default()).await
}

/// The makes that sold vehicles of a model year, by name.
#[utoipa::path(
    params(
        ("year" = u16, Query, description = "The model year", example = 2022),
        ("vehicle_type" = Option<String>, Query, description = "One or more of car, mpv, truck, motorcycle; the first three by default", example = "car,mpv"),
    ),
    responses(
        (status = 200, description = "The makes; none where the year has no data", body = List<Make>),
    ),
)]
#[get("/makes")]
async fn list_makes(request: HttpRequest, catalog: web::Data<Catalog>) -> Answered {
    let mut query = Parameters::read(request.query_string(), &["year", "vehicle_type"]);
    let question = Question::Makes {
        year: query.year(),
        types: query.vehicle_types(),
    };
    answer(&request, &catalog, query, question, Picked::default()).await
}

/// The models of a make in a model year, by name.
#[utoipa::path(
    params(
        ("year" = u16, Query, description = "The model year", example = 2022),
        ("make_id" = i32, Query, description = "The make, from the list of makes", example = 474),
        ("vehicle_type" = Option<String>, Query, description = "One or more of car, mpv, truck, motorcycle; the first three by default", example = "car,mpv"),
    ),
    responses(
        (status = 200, description = "The models; none where the make sold none that year", body = List<Model>),
        (status = 404, description = "There is no such make", body = Problem, content_type = "application/problem+json"),
    ),
)]
#[get("/models")]
async fn list_models(request: HttpRequest, catalog: web::Data<Catalog>) -> Answered {
    let mut query = Parameters::read(request.query_string(), &["year", "make_id", "vehicle_type"]);
    let question = Question::Models {
        year: query.year(),
        make_id: query.make_id(),
        types: query.vehicle_types(),
    };
    answer(&request, &catalog, query, question, Picked::default()).await
}

/// The parameters that name a model in a model year, as the document tells them.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; `Parameters` reads the query")]
struct ModelYearParameters {
    /// The model year
    #[param(example = 2022)]
    year: u16,
    /// The make
    #[param(example = 474)]
    make_id: i32,
    /// The model, from the list of models
    #[param(example = 1861)]
    model_id: i32,
}

/// The trims of a model in a model year, narrowed by what was already picked.
#[utoipa::path(
    params(
        ModelYearParameters,
        ("engine_id" = Option<i64>, Query, description = "Only trims that come with this engine"),
        ("transmission_id" = Option<i64>, Query, description = "Only trims that come with this transmission"),
    ),
    responses(
        (status = 200, description = "The trims; none where NHTSA's data tells none", body = List<Trim>),
        (status = 404, description = "There is no such model of that make", body = Problem, content_type = "application/problem+json"),
    ),
)]
#[get("/trims")]
async fn list_trims(request: HttpRequest, catalog: web::Data<Catalog>) -> Answered {
    answer_of(&request, &catalog, Side::Trims).await
}

/// The engines of a model in a model year, smaller before larger, narrowed by what was already picked.
#[utoipa::path(
    params(
        ModelYearParameters,
        ("trim_id" = Option<i64>, Query, description = "Only engines that this trim comes with"),
        ("transmission_id" = Option<i64>, Query, description = "Only engines that come with this transmission"),
    ),
    responses(
        (status = 200, description = "The engines", body = List<Engine>),
        (status = 404, description = "There is no such model of that make", body = Problem, content_type = "application/problem+json"),
    ),
)]
#[get("/engines")]
async fn list_engines(request: HttpRequest, catalog: web::Data<Catalog>) -> Answered {
    answer_of(&request, &catalog, Side::Engines).await
}

/// The transmissions of a model in a model year, narrowed by what was already picked. Often NHTSA's data tells none:
/// offer "other" beside them.
#[utoipa::path(
    params(
        ModelYearParameters,
        ("trim_id" = Option<i64>, Query, description = "Only transmissions that this trim comes with"),
        ("engine_id" = Option<i64>, Query, description = "Only transmissions that come with this engine"),
    ),
    responses(
        (status = 200, description = "The transmissions", body = List<Transmission>),
        (status = 404, description = "There is no such model of that make", body = Problem, content_type = "application/problem+json"),
    ),
)]
#[get("/transmissions")]
async fn list_transmissions(request: HttpRequest, catalog: web::Data<Catalog>) -> Answered {
    answer_of(&request, &catalog, Side::Transmissions).await
}

/// The trims, engines and transmissions that one VIN of the model could really carry together.
#[utoipa::path(
    params(
        ModelYearParameters,
        ("trim_id" = Option<i64>, Query, description = "Only with this trim"),
        ("engine_id" = Option<i64>, Query, description = "Only with this engine"),
        ("transmission_id" = Option<i64>, Query, description = "Only with this transmission"),
    ),
    responses(
        (status = 200, description = "The configurations; null where NHTSA's data does not tell", body = List<Configuration>),
        (status = 404, description = "There is no such model of that make", body = Problem, content_type = "application/problem+json"),
    ),
)]
#[get("/configurations")]
async fn list_configurations(request: HttpRequest, catalog: web::Data<Catalog>) -> Answered {
    answer_of(&request, &catalog, Side::Configurations).await
}

/// Makes and models by what somebody has typed so far: the beginnings of words, blind to case and punctuation.
#[utoipa::path(
    params(
        ("q" = String, Query, description = "1 to 100 characters", example = "honda ci"),
        ("year" = Option<u16>, Query, description = "Only what was sold in this model year", example = 2022),
        ("vehicle_type" = Option<String>, Query, description = "One or more of car, mpv, truck, motorcycle; the first three by default", example = "car,mpv"),
        ("limit" = Option<usize>, Query, description = "How many hits at the most, 1 to 50; 10 by default", example = 10),
    ),
    responses(
        (status = 200, description = "The hits, the best first", body = List<SearchHit>),
    ),
)]
#[get("/search")]
async fn search_vehicles(request: HttpRequest, catalog: web::Data<Catalog>) -> Answered {
    let known = ["q", "year", "vehicle_type", "limit"];
    let mut query = Parameters::read(request.query_string(), &known);
    let search = Search {
        text: query.search_text(),
        year: query.optional_year(),
        types: query.vehicle_types(),
        limit: query.limit(SEARCH_DEFAULT, SEARCH_MOST),
    };
    query.finish().map_err(not_acceptable)?;
    let served = catalog
        .release()
        .await
        .map_err(|error| Problem::from(&error))?;
    let hits = List::complete(served.content.find(&search));
    let body = serde_json::to_vec(&hits).map_err(|e| Problem::from(&CatalogError::Json(e)))?;
    let answer = Answer::fresh(body);
    Ok(respond(&request, &served.live, &answer.etag, answer.body))
}

type Answered = Result<HttpResponse, Problem>;

async fn answer_of(request: &HttpRequest, catalog: &Catalog, side: Side) -> Answered {
    let narrowing = [
        ("trim_id", Side::Trims),
        ("engine_id", Side::Engines),
        ("transmission_id", Side::Transmissions),
    ];
    let mut known = vec!["year", "make_id", "model_id"];
    known.extend(
        narrowing
            .iter()
            .filter(|(_, own)| *own != side)
            .map(|(name, _)| *name),
    );
    let mut query = Parameters::read(request.query_string(), &known);
    let model = ModelYear {
        year: query.year(),
        make_id: query.make_id(),
        model_id: query.model_id(),
    };
    let picked = Picked {
        trim_id: query.optional_id("trim_id"),
        engine_id: query.optional_id("engine_id"),
        transmission_id: query.optional_id("transmission_id"),
    };
    answer(
        request,
        catalog,
        query,
        Question::Of { side, model },
        picked,
    )
    .await
}

async fn answer(
    request: &HttpRequest,
    catalog: &Catalog,
    query: Parameters<'_>,
    question: Question,
    picked: Picked,
) -> Answered {
    query.finish().map_err(not_acceptable)?;
    match catalog.answer(question, picked).await {
        Ok((answer, served)) => Ok(respond(
            request,
            &served.live,
            &answer.etag,
            answer.body.clone(),
        )),
        Err(error) => {
            let problem = Problem::from(&*error);
            if problem.status >= 500 {
                // The cause goes to the log here; the problem does not carry it.
                tracing::error!(
                    error = service::errors::chain(&*error),
                    "a question got no answer"
                );
            }
            Err(problem)
        }
    }
}
