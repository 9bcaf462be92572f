//! The drop-downs. Anyone may ask.

use super::answer::{Keeping, respond};
use crate::asked::Asked;
use crate::features::platform_data::PlatformData;
use crate::features::platform_data::domain::answer::Listed;
use crate::features::platform_data::domain::question::{List, ListQuestion};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use contracts::vehicles::{Engine, Make, Model, Transmission, Trim, Year};
use problem::Problem;

type Answered = Result<HttpResponse, Problem>;

/// The model years there is data for, the latest first.
#[utoipa::path(
    params(
        ("vehicle_type" = Option<String>, Query, description = "One or more of car, mpv, truck, motorcycle; the first three by default", example = "car,mpv"),
    ),
    responses((status = 200, description = "The years", body = Listed<Vec<Year>>)),
)]
#[get("/platform/years")]
pub(super) async fn list_platform_years(
    request: HttpRequest,
    data: Data<PlatformData>,
    asked: Asked,
) -> Answered {
    answer(&request, &data, &asked, List::Years).await
}

/// The makes that sold vehicles of a model year, by name.
#[utoipa::path(
    params(
        ("year" = u16, Query, description = "The model year", example = 2022),
        ("vehicle_type" = Option<String>, Query, description = "One or more of car, mpv, truck, motorcycle; the first three by default", example = "car,mpv"),
    ),
    responses((status = 200, description = "The makes", body = Listed<Vec<Make>>)),
)]
#[get("/platform/makes")]
pub(super) async fn list_platform_makes(
    request: HttpRequest,
    data: Data<PlatformData>,
    asked: Asked,
) -> Answered {
    answer(&request, &data, &asked, List::Makes).await
}

/// The models of a make in a model year, by name.
#[utoipa::path(
    params(
        ("year" = u16, Query, description = "The model year", example = 2022),
        ("make_id" = i32, Query, description = "The make", example = 474),
        ("vehicle_type" = Option<String>, Query, description = "One or more of car, mpv, truck, motorcycle; the first three by default", example = "car,mpv"),
    ),
    responses(
        (status = 200, description = "The models; from NHTSA without vehicle types", body = Listed<Vec<Model>>),
        (status = 404, description = "There is no such make", body = Problem, content_type = "application/problem+json"),
    ),
)]
#[get("/platform/models")]
pub(super) async fn list_platform_models(
    request: HttpRequest,
    data: Data<PlatformData>,
    asked: Asked,
) -> Answered {
    answer(&request, &data, &asked, List::Models).await
}

/// The parameters that name a model in a model year, as the document tells them.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; `ListQuestion` reads the query")]
struct ModelParameters {
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
        ModelParameters,
        ("engine_id" = Option<i64>, Query, description = "Only trims that come with this engine"),
        ("transmission_id" = Option<i64>, Query, description = "Only trims that come with this transmission"),
    ),
    responses(
        (status = 200, description = "The trims", body = Listed<Vec<Trim>>),
        (status = 404, description = "There is no such model of that make", body = Problem, content_type = "application/problem+json"),
    ),
)]
#[get("/platform/trims")]
pub(super) async fn list_platform_trims(
    request: HttpRequest,
    data: Data<PlatformData>,
    asked: Asked,
) -> Answered {
    answer(&request, &data, &asked, List::Trims).await
}

/// The engines of a model in a model year, narrowed by what was already picked.
#[utoipa::path(
    params(
        ModelParameters,
        ("trim_id" = Option<i64>, Query, description = "Only engines that this trim comes with"),
        ("transmission_id" = Option<i64>, Query, description = "Only engines that come with this transmission"),
    ),
    responses(
        (status = 200, description = "The engines", body = Listed<Vec<Engine>>),
        (status = 404, description = "There is no such model of that make", body = Problem, content_type = "application/problem+json"),
    ),
)]
#[get("/platform/engines")]
pub(super) async fn list_platform_engines(
    request: HttpRequest,
    data: Data<PlatformData>,
    asked: Asked,
) -> Answered {
    answer(&request, &data, &asked, List::Engines).await
}

/// The transmissions of a model in a model year, narrowed by what was already picked.
#[utoipa::path(
    params(
        ModelParameters,
        ("trim_id" = Option<i64>, Query, description = "Only transmissions that this trim comes with"),
        ("engine_id" = Option<i64>, Query, description = "Only transmissions that come with this engine"),
    ),
    responses(
        (status = 200, description = "The transmissions", body = Listed<Vec<Transmission>>),
        (status = 404, description = "There is no such model of that make", body = Problem, content_type = "application/problem+json"),
    ),
)]
#[get("/platform/transmissions")]
pub(super) async fn list_platform_transmissions(
    request: HttpRequest,
    data: Data<PlatformData>,
    asked: Asked,
) -> Answered {
    answer(&request, &data, &asked, List::Transmissions).await
}

async fn answer(request: &HttpRequest, data: &PlatformData, asked: &Asked, list: List) -> Answered {
    let question = ListQuestion::read(list, request.query_string())?;
    let found = data.list(&question, &asked.within(data.patience())).await?;
    let items = found.data;
    let body = Listed {
        data: &items,
        next_cursor: None,
        meta: found.meta.clone(),
    };
    let bytes = items.get().as_bytes();
    respond(
        request,
        &body,
        bytes,
        &found.meta,
        found.age,
        Keeping::Public,
    )
}
