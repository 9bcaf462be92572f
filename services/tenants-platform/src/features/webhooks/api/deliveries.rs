//! What was sent, and sending it again.

use crate::caller::id_of;
use crate::features::webhooks::deliveries::{self, Delivery};
use crate::features::webhooks::endpoints;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse, get, post};
use contracts::List;
use fault::Fault;
use pg::Db;
use problem::Problem;
use serde::Serialize;
use service::server::page::PageQuery;
use utoipa::ToSchema;
use uuid::Uuid;

/// A delivery that was made anew.
#[derive(Debug, Serialize, ToSchema)]
struct Replayed {
    id: Uuid,
}

/// What was sent to an endpoint, or is to be, the latest first.
#[utoipa::path(params(("webhook" = Uuid, Path), PageQuery), responses((status = 200, description = "The deliveries", body = List<Delivery>)))]
#[get("/webhooks/{webhook}/deliveries")]
pub(super) async fn list_deliveries(
    request: HttpRequest,
    db: Data<Db>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let page = query.page()?;
    let webhook = id_of(&request, "webhook")?;
    let known = endpoints::find(&db, webhook).await.map_err(Fault::from)?;
    known.ok_or_else(Fault::not_found)?;
    let found = deliveries::list(&db, webhook, page.after()?, page.rows()).await;
    let list = page.list(found.map_err(Fault::from)?, |it| it.created_at.to_string());
    Ok(HttpResponse::Ok().json(list))
}

/// Sends an event once more.
#[utoipa::path(params(("webhook" = Uuid, Path), ("delivery" = Uuid, Path)), responses((status = 202, description = "It is on its way", body = Replayed)))]
#[post("/webhooks/{webhook}/deliveries/{delivery}/replay")]
pub(super) async fn replay_delivery(
    request: HttpRequest,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let (webhook, delivery) = (id_of(&request, "webhook")?, id_of(&request, "delivery")?);
    let made = deliveries::replay(&db, webhook, delivery).await;
    let id = made.map_err(Fault::from)?.ok_or_else(Fault::not_found)?;
    Ok(HttpResponse::Accepted().json(Replayed { id }))
}
