//! The routes: which entries, as a page or as a file.
#![expect(
    unused_qualifications,
    reason = "the macro that describes the parameters writes one"
)]

use super::export::{Format, export};
use ::audit::Filter;
use ::audit::{Entry, hex};
use actix_web::web::{Data, Query};
use actix_web::{HttpResponse, get};
use contracts::List;
use fault::Fault;
use jiff::Timestamp;
use pg::Db;
use problem::Problem;
use serde::{Deserialize, Serialize};
use service::server::page::Page;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// Every route of the capsule, without the check of the API key.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(export_entries).service(list_entries);
}

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Of this tenant.
    tenant_id: Option<Uuid>,
    /// By this person, or this program.
    actor: Option<String>,
    /// Of this kind: `api_key.created`, or `api_key` for all about keys.
    action: Option<String>,
    /// From this time on.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Before this time.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// 1 to 200; 50 by default. Not for exports.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// From the page before. Not for exports.
    cursor: Option<String>,
    /// `ndjson` (default) or `csv`. For exports.
    format: Option<String>,
}

impl Which {
    fn filter(&self) -> Filter {
        Filter {
            tenant_id: self.tenant_id,
            actor: self.actor.clone(),
            action: self.action.clone(),
            from: self.from,
            to: self.to,
        }
    }
}

/// An entry of the audit.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AuditEntry {
    /// Its place, from 1.
    pub(super) seq: i64,
    #[schema(value_type = String, format = DateTime)]
    pub(super) at: Timestamp,
    /// The program, by its API key.
    pub(super) consumer: String,
    /// The person it acted for (X-Actor).
    pub(super) actor: Option<String>,
    pub(super) request_id: Option<String>,
    #[schema(example = "tenant.suspended")]
    pub(super) action: String,
    pub(super) tenant_id: Option<Uuid>,
    /// What it was done to.
    pub(super) subject: String,
    pub(super) before: Option<serde_json::Value>,
    pub(super) after: Option<serde_json::Value>,
    /// SHA-256 over the hash before it and all of the above.
    pub(super) hash: String,
}

pub(super) fn shown((entry, hash): (Entry, Vec<u8>)) -> AuditEntry {
    let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
    AuditEntry {
        seq: entry.seq,
        at: entry.at,
        consumer: entry.consumer,
        actor: entry.actor,
        request_id: entry.request_id,
        action: entry.action,
        tenant_id: entry.tenant_id,
        subject: entry.subject,
        before: json(entry.before),
        after: json(entry.after),
        hash: hex(&hash),
    }
}

/// Who did what, the latest first.
#[utoipa::path(params(Which), responses((status = 200, description = "The entries", body = List<AuditEntry>)))]
#[get("/audit")]
pub(super) async fn list_entries(
    db: Data<Db>,
    query: Query<Which>,
) -> Result<HttpResponse, Problem> {
    if query.format.is_some() {
        return Err(Fault::invalid("/query/format", "is for exports").into());
    }
    let page = Page::read(query.limit, query.cursor.as_deref())?;
    let before = page.after::<i64>()?;
    let found = ::audit::latest(&db, &query.filter(), before, page.rows()).await;
    let entries = found.map_err(Fault::from)?.into_iter().map(shown).collect();
    Ok(HttpResponse::Ok().json(page.list(entries, |entry: &AuditEntry| entry.seq.to_string())))
}

/// Everything that matches, the oldest first, as lines of JSON or as a table.
#[utoipa::path(params(Which), responses((status = 200, description = "The entries", content((AuditEntry = "application/x-ndjson"), (String = "text/csv")))))]
#[get("/audit/export")]
pub(super) async fn export_entries(
    db: Data<Db>,
    query: Query<Which>,
) -> Result<HttpResponse, Problem> {
    if query.limit.is_some() || query.cursor.is_some() {
        let detail = "is not for exports, which have everything";
        return Err(Fault::invalid("/query/limit", detail).into());
    }
    let format = match query.format.as_deref() {
        None | Some("ndjson") => Format::Lines,
        Some("csv") => Format::Table,
        Some(_) => return Err(Fault::invalid("/query/format", "must be ndjson or csv").into()),
    };
    Ok(export(db.get_ref().clone(), query.filter(), format))
}
