//! Another address for an account: asked for with the password, confirmed at the new address with the password again, and
//! told to the old one. A link that reaches a stranger by a slip of the keys opens nothing.

use super::confirm::{self, Confirmation};
use super::{self_service, sign_up};
use crate::browser::Browser;
use crate::change::Change;
use crate::features::accounts::accounts::{self, Account};
use crate::features::accounts::links::{self, Kind, Link};
use crate::features::accounts::{Email, knows_password, linking};
use crate::features::limits::{self, Limit};
use crate::features::sessions;
use crate::html::{answer, csrf, page};
use crate::state::State;
use crate::visitor::Visitor;
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use audit::Note;
use fault::Fault;
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAddress {
    csrf: String,
    email: String,
    password: String,
}

pub(super) fn section(state: &State, browser: &Browser) -> Markup {
    html! {
        h2 { "E-mail address" }
        details {
            summary { "Change the address" }
            form method="post" action=(state.path("/account/email")) {
                (csrf(state, browser))
                // Other fields of these names are on the page, hence no ids.
                p.field { label { "New address" input name="email" type="email" autocomplete="off" required; } }
                p.field { label { "Password" input name="password" type="password" autocomplete="off" required; } }
                button type="submit" { "Mail a link to the new address" }
            }
        }
    }
}

pub(super) async fn submit(
    state: Data<State>,
    browser: Browser,
    visitor: Visitor,
    request: HttpRequest,
    sent: Form<NewAddress>,
) -> HttpResponse {
    answer(try_submit(&state, &browser, &visitor, &request, &sent).await)
}

async fn try_submit(
    state: &State,
    browser: &Browser,
    visitor: &Visitor,
    request: &HttpRequest,
    sent: &NewAddress,
) -> Result<HttpResponse, Fault> {
    browser.expect(state, &sent.csrf)?;
    let signed = sessions::require(state, request).await?;
    let account = &signed.account;
    limits::take(state, visitor, Limit::MailAddress, &visitor.network(), None).await?;
    let refuse = |objection| self_service::overview(state, browser, &signed, Some(objection));
    let Some(email) = Email::parse(&sent.email) else {
        return refuse("This is no e-mail address.").await;
    };
    if !knows_password(state, visitor, account, &sent.password).await? {
        return refuse("The password is not right.").await;
    }
    if email.as_str() == account.email {
        return refuse("This is your address already.").await;
    }
    ask_for_proof(state, visitor, account.id, &email).await?;
    Ok(sign_up::check_your_mail(state, browser))
}

/// Mails a link to the new address; to one that is somebody else's, how to sign in. The answer is the same.
async fn ask_for_proof(
    state: &State,
    visitor: &Visitor,
    account: Uuid,
    email: &Email,
) -> Result<(), Fault> {
    let owner = accounts::find_by_email(&state.db, email).await?;
    let about = owner.as_ref().map(|owner| owner.id);
    let may = limits::take(state, visitor, Limit::MailAccount, &email.key(), about).await;
    let is_free = owner.is_none_or(|owner| owner.id == account);
    let mut change = Change::begin(&state.db, visitor.by(Some(&account))).await?;
    let link = Link {
        kind: if is_free { Kind::Email } else { Kind::Nothing },
        account: Some(account),
        person: None,
        email: Some(email.as_str().to_owned()),
        flow: None,
    };
    // Over this limit nothing is sent, and nobody is told.
    let to = may.is_ok().then_some(email.as_str());
    linking::send(state, change.transaction(), &link, to).await?;
    change.note(Note::new("account.email_change_requested", None, account));
    change.commit().await?;
    state.outbox.ring();
    Ok(())
}

/// Where the link of such a mail leads, once it is confirmed.
pub(super) async fn finish(
    state: &State,
    browser: &Browser,
    visitor: &Visitor,
    link: &Link,
    sent: &Confirmation,
) -> Result<HttpResponse, Fault> {
    let account = asking(state, link).await?.ok_or_else(confirm::gone)?;
    let email = link.email.as_deref().and_then(Email::parse);
    let email = email.ok_or_else(confirm::gone)?;
    let password = sent.password.as_deref().unwrap_or_default();
    if !knows_password(state, visitor, &account, password).await? {
        let objection = "The password is not right.";
        return Ok(confirm::again(state, browser, sent, link, objection));
    }
    let mut change = Change::begin(&state.db, visitor.by(Some(&account.id))).await?;
    let hash = linking::hash(state, &sent.token);
    let unused = links::find(change.transaction(), &hash, &[Kind::Email]).await?;
    unused.ok_or_else(confirm::gone)?;
    if !accounts::set_email(change.transaction(), account.id, &email).await? {
        return Err(confirm::gone());
    }
    // Links that went to the old address open nothing any more.
    links::delete_all(change.transaction(), account.id).await?;
    linking::tell_old_address(state, change.transaction(), &account.email).await?;
    change.note(Note::new("account.email_changed", None, account.id));
    change.commit().await?;
    state.outbox.ring();
    let body = html! {
        p { "Your e-mail address is changed. Sign in with the new one from now on." }
        p { a href=(state.path("/account")) { "To your account" } }
    };
    Ok(page(state, browser, "Done", &body))
}

async fn asking(state: &State, link: &Link) -> Result<Option<Account>, Fault> {
    let Some(id) = link.account else {
        return Ok(None);
    };
    let account = accounts::find(&state.db, id).await?;
    Ok(account.filter(|account| account.disabled_at.is_none()))
}
