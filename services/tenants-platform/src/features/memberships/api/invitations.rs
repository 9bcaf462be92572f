//! Inviting a person, and accepting.

use crate::caller::{Caller, TenantId, id_of, is_user};
use crate::change::Change;
use crate::features::memberships::domain::owners;
use crate::features::memberships::invitations::{self, Invitation};
use crate::features::memberships::inviting::{Delivery, Inviting};
use crate::features::memberships::members::{self, Member};
use crate::features::tenants;
use ::audit::Note;
use actix_web::web::{Data, Json, Query};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use contracts::List;
use contracts::tenants::Role;
use fault::Fault;
use jiff::SignedDuration;
use pg::Db;
use problem::Problem;
use serde::{Deserialize, Serialize};
use service::server::page::PageQuery;
use utoipa::ToSchema;
use uuid::Uuid;
use vault::{Vault, random_text};

/// Some 190 bits.
const TOKEN_LENGTH: usize = 32;
const TOKEN_PURPOSE: &str = "invitation";
const LONGEST_VALID_DAYS: u16 = 90;
const LONGEST_NAME: usize = 100;

/// Whom to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InvitationToMake {
    role: Role,
    /// Only whoever has this address may accept it.
    email: Option<String>,
    /// 1 to 90.
    #[schema(minimum = 1, maximum = 90)]
    valid_days: Option<u16>,
    /// How the mail calls whoever invites. Up to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    inviter_name: Option<String>,
}

/// An invitation and its link. The token is shown this once.
#[derive(Debug, Serialize, ToSchema)]
struct Invited {
    #[serde(flatten)]
    invitation: Invitation,
    token: String,
    link: String,
    delivery: Delivery,
}

/// The token of a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Token {
    token: String,
}

/// Who accepts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Acceptance {
    token: String,
    /// The `sub` of the person's token.
    user: String,
    /// The person's address, verified by the caller.
    email: Option<String>,
}

/// Invites a person to a tenant.
#[utoipa::path(params(("tenant" = Uuid, Path)), request_body = InvitationToMake, responses((status = 201, description = "The invitation and its link", body = Invited)))]
#[post("/{tenant}/invitations")]
pub(super) async fn create_invitation(
    tenant: TenantId,
    caller: Caller,
    db: Data<Db>,
    vault: Data<Vault>,
    inviting: Data<Inviting>,
    body: Json<InvitationToMake>,
) -> Result<HttpResponse, Problem> {
    let days = body.valid_days.unwrap_or(inviting.settings.valid_days);
    if !(1..=LONGEST_VALID_DAYS).contains(&days) {
        return Err(Fault::invalid("/body/valid_days", "must be from 1 to 90").into());
    }
    let email = body.email.as_deref().map(checked_email).transpose()?;
    let inviter = body.inviter_name.as_deref().map(checked_name).transpose()?;
    let now = pg::now();
    let expires_at = now.saturating_add(SignedDuration::from_hours(i64::from(days) * 24));
    let invitation = Invitation {
        id: Uuid::now_v7(),
        tenant_id: tenant.0,
        role: body.role,
        email,
        invited_by: caller.actor.clone(),
        created_at: now,
        expires_at: expires_at
            .map_err(|error| Fault::broken("the clock is out of range", error))?,
        accepted_by: None,
    };
    let token = random_text(TOKEN_LENGTH);
    let mut change = Change::begin(&db, &caller).await?;
    let host = tenants::lock_living(change.transaction(), tenant.0).await?;
    let hash = vault.hash(TOKEN_PURPOSE, &token);
    let inserted = invitations::insert(change.transaction(), &invitation, &hash).await;
    inserted.map_err(Fault::from)?;
    let link = inviting.link(&token);
    let transaction = change.transaction();
    let sent = inviting.send(transaction, &invitation, &host.name, inviter, &link);
    let delivery = sent.await?;
    change.note(Note::new("invitation.created", tenant.0, invitation.id).after(&invitation));
    change.commit().await?;
    inviting.ring();
    Ok(HttpResponse::Created().json(Invited {
        invitation,
        token,
        link,
        delivery,
    }))
}

/// The invitations that can still be accepted.
#[utoipa::path(params(("tenant" = Uuid, Path), PageQuery), responses((status = 200, description = "The invitations", body = List<Invitation>)))]
#[get("/{tenant}/invitations")]
pub(super) async fn list_invitations(
    tenant: TenantId,
    db: Data<Db>,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let page = query.page()?;
    tenants::require(&db, tenant.0).await?;
    let found = invitations::open(&db, tenant.0, page.after()?, page.rows()).await;
    let list = page.list(found.map_err(Fault::from)?, |it| it.id.to_string());
    Ok(HttpResponse::Ok().json(list))
}

/// Takes an invitation back.
#[utoipa::path(params(("tenant" = Uuid, Path), ("invitation" = Uuid, Path)), responses((status = 204, description = "Nobody can accept it any more")))]
#[delete("/{tenant}/invitations/{invitation}")]
pub(super) async fn revoke_invitation(
    request: HttpRequest,
    tenant: TenantId,
    caller: Caller,
    db: Data<Db>,
    inviting: Data<Inviting>,
) -> Result<HttpResponse, Problem> {
    let id = id_of(&request, "invitation")?;
    let mut change = Change::begin(&db, &caller).await?;
    let revoked = invitations::revoke(change.transaction(), tenant.0, id).await;
    let before = revoked.map_err(Fault::from)?.ok_or_else(Fault::not_found)?;
    inviting.take_back(change.transaction(), id).await?;
    change.note(Note::new("invitation.revoked", tenant.0, id).before(&before));
    change.commit().await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What a link invites to.
#[utoipa::path(request_body = Token, responses((status = 200, description = "The invitation", body = Invitation)))]
#[post("/invitations/look")]
pub(super) async fn look_at_invitation(
    db: Data<Db>,
    vault: Data<Vault>,
    body: Json<Token>,
) -> Result<HttpResponse, Problem> {
    let transaction = db.begin().await.map_err(Fault::from)?;
    let hash = vault.hash(TOKEN_PURPOSE, &body.token);
    let found = invitations::by_token(&transaction, &hash).await;
    let invitation = found.map_err(Fault::from)?;
    let open = invitation.filter(|it| it.accepted_by.is_none());
    Ok(HttpResponse::Ok().json(open.ok_or_else(Fault::not_found)?))
}

/// Makes a person a member by its invitation.
#[utoipa::path(
    request_body = Acceptance,
    responses(
        (status = 200, description = "The membership", body = Member),
        (status = 403, description = "The plan includes no more members (quota_exceeded)", body = Problem, content_type = "application/problem+json"),
    ),
)]
#[post("/invitations/accept")]
pub(super) async fn accept_invitation(
    caller: Caller,
    db: Data<Db>,
    vault: Data<Vault>,
    inviting: Data<Inviting>,
    body: Json<Acceptance>,
) -> Result<HttpResponse, Problem> {
    if !is_user(&body.user) {
        return Err(Fault::invalid("/body/user", "must be the sub of a token").into());
    }
    let hash = vault.hash(TOKEN_PURPOSE, &body.token);
    let mut change = Change::begin(&db, &caller).await?;
    let found = invitations::by_token(change.transaction(), &hash).await;
    let invitation = found.map_err(Fault::from)?.filter(|it| is_for(it, &body));
    let invitation = invitation.ok_or_else(Fault::not_found)?;
    let tenant = invitation.tenant_id;
    let now = members::find(change.transaction(), tenant, &body.user).await;
    let now = now.map_err(Fault::from)?;
    if invitation.accepted_by.is_some() {
        // The same person asks again: the answer is what it is now.
        return Ok(HttpResponse::Ok().json(now.ok_or_else(Fault::not_found)?));
    }
    let role = owners::accepted(now.map(|member| member.role), invitation.role);
    let (member, _) = members::set_role(&mut change, tenant, &body.user, role).await?;
    let accepted = invitations::accept(change.transaction(), invitation.id, &body.user).await;
    accepted.map_err(Fault::from)?;
    let transaction = change.transaction();
    inviting.take_back(transaction, invitation.id).await?;
    change.note(Note::new("invitation.accepted", tenant, invitation.id).after(&member));
    change.commit().await?;
    Ok(HttpResponse::Ok().json(member))
}

/// Whether an invitation is for whoever accepts: nobody has, or the same person did; and the address is the right one.
fn is_for(invitation: &Invitation, acceptance: &Acceptance) -> bool {
    let is_free = invitation
        .accepted_by
        .as_ref()
        .is_none_or(|user| *user == acceptance.user);
    let is_address = invitation.email.as_ref().is_none_or(|wanted| {
        let brought = acceptance.email.as_deref().unwrap_or_default();
        wanted.eq_ignore_ascii_case(brought.trim())
    });
    is_free && is_address
}

fn checked_name(text: &str) -> Result<&str, Fault> {
    let text = text.trim();
    let is_name =
        (1..=LONGEST_NAME).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    is_name.then_some(text).ok_or_else(|| {
        Fault::invalid(
            "/body/inviter_name",
            "must be 1 to 100 characters, none of them a control character",
        )
    })
}

fn checked_email(text: &str) -> Result<String, Fault> {
    let text = text.trim();
    let is_address = text.len() <= 254
        && text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
        })
        && text.matches('@').count() == 1
        && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    if is_address {
        Ok(text.to_lowercase())
    } else {
        Err(Fault::invalid("/body/email", "must be an e-mail address"))
    }
}
