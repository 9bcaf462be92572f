//! Other people's accounts, for support and admins.
#![expect(
    unused_qualifications,
    reason = "the macro that describes the parameters writes one"
)]

use crate::change::Change;
use crate::features::accounts::accounts::{self, Account};
use crate::features::accounts::{Email, Role, end_all};
use crate::features::limits;
use crate::features::oidc;
use crate::state::State;
use crate::visitor::Visitor;
use actix_web::web::{Data, Json, Query};
use actix_web::{HttpRequest, HttpResponse, get, post, put};
use audit::Note;
use contracts::List;
use fault::Fault;
use jiff::Timestamp;
use problem::{Code, Problem};
use serde::{Deserialize, Serialize};
use service::server::page::Page;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A person's account, as support sees it.
#[derive(Debug, Serialize, ToSchema)]
struct User {
    /// The `sub` of its tokens.
    id: Uuid,
    email: String,
    email_verified: bool,
    name: String,
    role: Role,
    /// Since when it cannot sign in.
    #[schema(value_type = Option<String>, format = DateTime)]
    disabled_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// Which users.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// The one with this address.
    email: Option<String>,
    /// 1 to 200; 50 by default.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A role to be given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRole {
    role: Role,
}

fn shown(account: Account) -> User {
    User {
        id: account.id,
        email: account.email,
        email_verified: account.email_verified,
        name: account.name,
        role: account.role,
        disabled_at: account.disabled_at,
        created_at: account.created_at,
    }
}

async fn require(state: &State, request: &HttpRequest, least: Role) -> Result<Account, Fault> {
    let caller = oidc::caller(state, request).await?;
    if caller.role >= least {
        return Ok(caller);
    }
    let problem = Problem::new(Code::Forbidden);
    Err(problem
        .detail(format!("This takes the role {}.", least.as_str()))
        .into())
}

fn id_of(request: &HttpRequest) -> Result<Uuid, Fault> {
    let text = request.match_info().get("user").unwrap_or_default();
    text.parse().map_err(|_| Fault::not_found())
}

/// The users, in the order in which they signed up.
#[utoipa::path(params(Which), responses((status = 200, description = "The users", body = List<User>)))]
#[get("/users")]
pub(super) async fn list_users(
    state: Data<State>,
    request: HttpRequest,
    query: Query<Which>,
) -> Result<HttpResponse, Problem> {
    require(&state, &request, Role::Support).await?;
    let page = Page::read(query.limit, query.cursor.as_deref())?;
    let email = match query.email.as_deref().map(Email::parse) {
        Some(None) => return Err(Fault::invalid("/query/email", "must be an address").into()),
        Some(Some(email)) => Some(email),
        None => None,
    };
    let found = accounts::list(&state.db, page.after()?, page.rows(), email.as_ref()).await;
    let users = found.map_err(Fault::from)?.into_iter().map(shown).collect();
    Ok(HttpResponse::Ok().json(page.list(users, |user: &User| user.id.to_string())))
}

/// One user.
#[utoipa::path(params(("user" = Uuid, Path)), responses((status = 200, description = "The user", body = User)))]
#[get("/users/{user}")]
pub(super) async fn get_user(
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    require(&state, &request, Role::Support).await?;
    let account = accounts::find(&state.db, id_of(&request)?).await;
    let account = account.map_err(Fault::from)?.ok_or_else(Fault::not_found)?;
    Ok(HttpResponse::Ok().json(shown(account)))
}

/// Keeps a user from signing in, and ends its sessions and refresh tokens. Access tokens last for some minutes more.
#[utoipa::path(params(("user" = Uuid, Path)), responses((status = 200, description = "The user as it is now", body = User)))]
#[post("/users/{user}/disable")]
pub(super) async fn disable_user(
    state: Data<State>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    Ok(change(&state, &visitor, &request, Act::Disable).await?)
}

/// Lets a user sign in again.
#[utoipa::path(params(("user" = Uuid, Path)), responses((status = 200, description = "The user as it is now", body = User)))]
#[post("/users/{user}/enable")]
pub(super) async fn enable_user(
    state: Data<State>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    Ok(change(&state, &visitor, &request, Act::Enable).await?)
}

/// Ends the wait after too many attempts to sign in.
#[utoipa::path(params(("user" = Uuid, Path)), responses((status = 200, description = "The user", body = User)))]
#[post("/users/{user}/unlock")]
pub(super) async fn unlock_user(
    state: Data<State>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    Ok(change(&state, &visitor, &request, Act::Unlock).await?)
}

/// Gives a user a role.
#[utoipa::path(params(("user" = Uuid, Path)), responses((status = 200, description = "The user as it is now", body = User)))]
#[put("/users/{user}/role")]
pub(super) async fn set_user_role(
    state: Data<State>,
    visitor: Visitor,
    request: HttpRequest,
    body: Json<NewRole>,
) -> Result<HttpResponse, Problem> {
    Ok(change(&state, &visitor, &request, Act::Role(body.role)).await?)
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Disable,
    Enable,
    Unlock,
    Role(Role),
}

async fn change(
    state: &State,
    visitor: &Visitor,
    request: &HttpRequest,
    act: Act,
) -> Result<HttpResponse, Fault> {
    let admin = require(state, request, Role::Admin).await?;
    let id = id_of(request)?;
    let mut change = Change::begin(&state.db, visitor.by(Some(&admin.id))).await?;
    let leaves =
        matches!(act, Act::Disable) || matches!(act, Act::Role(role) if role < Role::Admin);
    let is_last = leaves && accounts::lock_admins(change.transaction()).await? <= 1;
    let before = accounts::lock(change.transaction(), id).await?;
    let before = before.ok_or_else(Fault::not_found)?;
    if is_last && before.role == Role::Admin && before.disabled_at.is_none() {
        return Err(Fault::conflict("The last admin stays one."));
    }
    let note = match act {
        Act::Disable => {
            accounts::set_disabled(change.transaction(), id, true).await?;
            end_all(&change, id, None).await?;
            Note::new("account.disabled", None, id)
        }
        Act::Enable => {
            accounts::set_disabled(change.transaction(), id, false).await?;
            Note::new("account.enabled", None, id)
        }
        Act::Unlock => {
            limits::unlock(state, change.transaction(), &before.email, id).await?;
            Note::new("account.unlocked", None, id)
        }
        Act::Role(role) => {
            accounts::set_role(change.transaction(), id, role).await?;
            Note::new("account.role_changed", None, id)
                .before(&before.role)
                .after(&role)
        }
    };
    change.note(note);
    let after = accounts::lock(change.transaction(), id).await?;
    change.commit().await?;
    Ok(HttpResponse::Ok().json(after.map(shown)))
}
