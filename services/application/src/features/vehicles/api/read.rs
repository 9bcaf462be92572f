//! Looking at vehicles.

use super::{answer, id_of};
use crate::features::activity::{self, Entry};
use crate::features::vehicles::keeping::find_living;
use crate::features::vehicles::profile::ServiceState;
use crate::features::vehicles::vehicle::Vehicle;
use crate::features::vehicles::vehicles::{self, Filter};
use crate::tenancy::{Member, Views};
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse, get};
use contracts::List;
use fault::Fault;
use pg::Db;
use problem::Problem;
use serde::Deserialize;
use service::server::page::{Page, PageQuery};

const LONGEST_TEXT: usize = 200;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    state: Option<ServiceState>,
    /// Without it, both.
    archived: Option<bool>,
    /// Those with this tag.
    tag: Option<String>,
    /// Somewhere in nickname, plate, year, make, model, trim or VIN.
    q: Option<String>,
    /// 1 to 200; 50 by default.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The vehicles of the tenant, the first added first.
#[utoipa::path(
    params(crate::tenancy::TenantHeader),
    responses((status = 200, description = "The vehicles", body = List<Vehicle>)),
    security(("token" = [])),
)]
#[get("/vehicles")]
pub(super) async fn list_vehicles(
    member: Member<Views>,
    db: Data<Db>,
    query: Query<Which>,
) -> Result<HttpResponse, Problem> {
    let page = Page::read(query.limit, query.cursor.as_deref())?;
    for (name, text) in [("tag", &query.tag), ("q", &query.q)] {
        let text = text.as_deref().unwrap_or_default();
        if text.contains('\0') || text.chars().count() > LONGEST_TEXT {
            let detail = "must have at most 200 printable characters";
            return Err(Fault::invalid(format!("/query/{name}"), detail).into());
        }
    }
    let filter = Filter {
        state: query.state,
        archived: query.archived,
        tag: query.tag.as_deref(),
        text: query.q.as_deref(),
    };
    let found = vehicles::list(&db, &member.context(), &filter, page.after()?, page.rows()).await;
    let list = page.list(found.map_err(Fault::from)?, |vehicle| {
        vehicle.facts.id.to_string()
    });
    Ok(HttpResponse::Ok().json(list))
}

/// One vehicle.
#[utoipa::path(
    params(("vehicle" = Uuid, Path), crate::tenancy::TenantHeader),
    responses((status = 200, description = "The vehicle", body = Vehicle)),
    security(("token" = [])),
)]
#[get("/vehicles/{vehicle}")]
pub(super) async fn get_vehicle(
    request: HttpRequest,
    member: Member<Views>,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let id = id_of(&request, "vehicle")?;
    let vehicle = find_living(&db, &member, id).await?;
    Ok(answer(&vehicle))
}

/// What was done to a vehicle and to what belongs to it, the newest first.
#[utoipa::path(
    params(("vehicle" = Uuid, Path), crate::tenancy::TenantHeader),
    responses((status = 200, description = "What was done", body = List<Entry>)),
    security(("token" = [])),
)]
#[get("/vehicles/{vehicle}/activity")]
pub(super) async fn list_vehicle_activity(
    request: HttpRequest,
    member: Member<Views>,
    db: Data<Db>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let page = query.page()?;
    let id = id_of(&request, "vehicle")?;
    let context = member.context();
    let found = vehicles::find(&db, &context, id).await;
    found.map_err(Fault::from)?.ok_or_else(Fault::not_found)?;
    let found = activity::list(&db, &context, Some(id), page.after()?, page.rows()).await;
    let list = page.list(found.map_err(Fault::from)?, |entry| entry.id.to_string());
    Ok(HttpResponse::Ok().json(list))
}
