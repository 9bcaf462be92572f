//! The extractor of a member: a signed-in person in a tenant, who may do what the handler is for.

use super::right::Right;
use super::{Membership, PATIENCE, Tenancy};
use crate::asked::Asked;
use access::SignedIn;
use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use contracts::tenants::Role;
use pg::RowContext;
use problem::{Code, Problem};
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use utoipa::IntoParams;
use uuid::Uuid;

/// Which tenant a request is about; without it the person's own.
const TENANT_HEADER: &str = "x-tenant-id";

/// The header, for documents.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(
    dead_code,
    reason = "it is read from the request itself, and describes it here"
)]
pub(crate) struct TenantHeader {
    /// Which of your tenants it is about; without it your own.
    #[param(rename = "X-Tenant-Id")]
    x_tenant_id: Option<Uuid>,
}

/// Somebody who may do `R` in a tenant.
#[derive(Debug, Clone)]
pub(crate) struct Member<R> {
    pub(crate) user: Arc<str>,
    pub(crate) membership: Membership,
    pub(crate) asked: Asked,
    right: PhantomData<R>,
}

impl<R> Member<R> {
    pub(crate) fn tenant(&self) -> Uuid {
        self.membership.tenant.tenant_id
    }

    /// As row-level security reads it.
    pub(crate) fn context(&self) -> RowContext {
        RowContext {
            tenant_id: self.tenant(),
            user_id: self.user.to_string(),
            role: self.membership.role.as_str(),
        }
    }
}

impl<R: Right> FromRequest for Member<R> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let signed_in = SignedIn::from_request(request, payload);
        let asked = Asked::of(request);
        let wanted = wanted(request);
        let tenancy = request.app_data::<Data<Tenancy>>().cloned();
        Box::pin(async move {
            let SignedIn(caller) = signed_in.await?;
            let wanted = wanted?;
            let tenancy = tenancy.ok_or_else(|| Problem::new(Code::Internal))?;
            let asking = asked.within(PATIENCE);
            let membership = tenancy.membership(&caller.subject, wanted, &asking).await?;
            permit::<R>(membership.role)?;
            Ok(Self {
                user: caller.subject,
                membership,
                asked,
                right: PhantomData,
            })
        })
    }
}

fn wanted(request: &HttpRequest) -> Result<Option<Uuid>, Problem> {
    let mut said = request.headers().get_all(TENANT_HEADER);
    let Some(first) = said.next() else {
        return Ok(None);
    };
    let tenant = first.to_str().ok().and_then(|text| text.parse().ok());
    match (tenant, said.next()) {
        (Some(tenant), None) => Ok(Some(tenant)),
        _ => Err(Problem::new(Code::BadHeader)
            .detail("X-Tenant-Id is not acceptable.")
            .error("/header/X-Tenant-Id", "must be one UUID")),
    }
}

/// Roles stand in the order of their power, the most first.
fn permit<R: Right>(role: Role) -> Result<(), Problem> {
    if role <= R::LEAST {
        return Ok(());
    }
    Err(Problem::new(Code::Forbidden).detail(format!(
        "A {} may not {}; it takes a {} at least.",
        role.as_str(),
        R::WHAT,
        R::LEAST.as_str()
    )))
}

#[cfg(test)]
mod tests {
    use super::super::{Adds, Edits, Views};
    use super::*;

    #[test]
    fn roles_may_what_their_names_say() {
        let may = |role| {
            [
                permit::<Views>(role).is_ok(),
                permit::<Adds>(role).is_ok(),
                permit::<Edits>(role).is_ok(),
            ]
        };
        assert_eq!(may(Role::Viewer), [true, false, false]);
        assert_eq!(may(Role::Driver), [true, true, false]);
        for role in [Role::Editor, Role::Manager, Role::Owner] {
            assert_eq!(may(role), [true; 3]);
        }
    }
}
