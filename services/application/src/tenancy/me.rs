//! `/api/me`: who is signed in, and the tenants of that person.

use super::{PATIENCE, Tenancy, ask, encoded};
use crate::asked::Asked;
use access::SignedIn;
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use contracts::List;
use contracts::tenants::{Role, TenantStatus};
use problem::Problem;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use upstream::{Asking, Question};
use utoipa::ToSchema;
use uuid::Uuid;

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
struct Me {
    /// The `sub` of the token.
    #[schema(value_type = String, example = "auth0|5f7c8ec7c33c6c004bbafe82")]
    user: Arc<str>,
    /// The tenant that a request without `X-Tenant-Id` is about.
    personal_tenant_id: Uuid,
    /// Every tenant of the person, its own one included.
    tenants: Vec<Belonging>,
}

/// A tenant, and what the person may do in it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
struct Belonging {
    /// What to send as `X-Tenant-Id`.
    tenant_id: Uuid,
    #[schema(example = "The Smiths")]
    name: String,
    #[schema(example = "the-smiths")]
    slug: String,
    /// Only an `active` one can be used.
    status: TenantStatus,
    role: Role,
    #[schema(format = DateTime)]
    since: String,
}

/// Who you are here: your tenants, and what you may do in each.
#[utoipa::path(
    responses((status = 200, description = "You", body = Me)),
    security(("token" = [])),
)]
#[get("/me")]
pub(crate) async fn get_me(
    signed_in: SignedIn,
    asked: Asked,
    tenancy: Data<Tenancy>,
) -> Result<HttpResponse, Problem> {
    let SignedIn(caller) = signed_in;
    let asking = asked.within(PATIENCE);
    let personal_tenant_id = tenancy.personal(&caller.subject, &asking).await?;
    let tenants = tenancy.belongings(&caller.subject, &asking).await?;
    Ok(HttpResponse::Ok().json(Me {
        user: caller.subject,
        personal_tenant_id,
        tenants,
    }))
}

impl Tenancy {
    /// Every tenant of a person, page by page.
    async fn belongings(&self, subject: &str, asking: &Asking) -> Result<Vec<Belonging>, Problem> {
        let path = format!("/tenants/users/{}/memberships?limit=200", encoded(subject));
        let (mut all, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let page = cursor.map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
            let question = Question::get(format!("{path}{page}"));
            let said: List<Belonging> =
                ask(&self.listing, &question, asking, "Your tenants").await?;
            all.extend(said.data);
            cursor = said.next_cursor;
            if cursor.is_none() {
                return Ok(all);
            }
        }
    }
}
