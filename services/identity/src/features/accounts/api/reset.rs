//! `/forgot` and `/reset`: a new password by a mailed link.

use super::confirm::{TokenQuery, gone};
use super::sign_up;
use crate::browser::Browser;
use crate::change::Change;
use crate::features::accounts::accounts;
use crate::features::accounts::links::{self, Kind, Link};
use crate::features::accounts::{Email, choose, end_all, linking};
use crate::features::limits::{self, Limit};
use crate::html::{self, answer, csrf, page, page_with};
use crate::state::State;
use crate::visitor::Visitor;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Query};
use audit::Note;
use fault::Fault;
use maud::{Markup, html};
use serde::Deserialize;

const TITLE: &str = "Choose a new password";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Forgot {
    csrf: String,
    email: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reset {
    csrf: String,
    token: String,
    new_password: String,
}

pub(super) async fn show_forgot(state: Data<State>, browser: Browser) -> HttpResponse {
    let body = html! {
        p { "We send you a mail with a link to choose a new one." }
        form method="post" action=(state.path("/forgot")) {
            (csrf(&state, &browser)) (html::email("", "username"))
            button type="submit" { "Send the link" }
        }
        p { a href=(state.path("/signin")) { "Back" } }
    };
    page(&state, &browser, "Forgot your password?", &body)
}

pub(super) async fn submit_forgot(
    state: Data<State>,
    browser: Browser,
    visitor: Visitor,
    sent: Form<Forgot>,
) -> HttpResponse {
    answer(try_forgot(&state, &browser, &visitor, &sent).await)
}

async fn try_forgot(
    state: &State,
    browser: &Browser,
    visitor: &Visitor,
    sent: &Forgot,
) -> Result<HttpResponse, Fault> {
    browser.expect(state, &sent.csrf)?;
    limits::take(state, visitor, Limit::MailAddress, &visitor.network(), None).await?;
    let email = Email::parse(&sent.email);
    let key = email.as_ref().map(Email::key).unwrap_or_default();
    let account = match &email {
        Some(email) => accounts::find_by_email(&state.db, email).await?,
        None => None,
    };
    let about = account.as_ref().map(|account| account.id);
    // Over this limit nothing is sent, and nobody is told.
    let may = limits::take(state, visitor, Limit::MailAccount, &key, about).await;
    let account = account.filter(|it| may.is_ok() && it.disabled_at.is_none());
    let id = account.as_ref().map(|account| account.id);
    let mut change = Change::begin(&state.db, visitor.by(None)).await?;
    let link = Link {
        kind: id.map_or(Kind::Nothing, |_| Kind::Reset),
        account: id,
        person: None,
        email: None,
        flow: None,
    };
    let to = account.as_ref().map(|account| account.email.as_str());
    linking::send(state, change.transaction(), &link, to).await?;
    let subject = id.map_or_else(|| "nobody".to_owned(), |id| id.to_string());
    change.note(Note::new("password.reset_requested", None, subject));
    change.commit().await?;
    state.outbox.ring();
    Ok(sign_up::check_your_mail(state, browser))
}

pub(super) async fn show(
    state: Data<State>,
    browser: Browser,
    query: Query<TokenQuery>,
) -> HttpResponse {
    let body = form(&state, &browser, &query.token, None);
    page(&state, &browser, TITLE, &body)
}

fn form(state: &State, browser: &Browser, token: &str, objection: Option<&str>) -> Markup {
    html! {
        (html::alert(objection))
        form method="post" action=(state.path("/reset")) {
            (csrf(state, browser))
            input type="hidden" name="token" value=(token);
            (html::new_password("New password"))
            button type="submit" { "Change the password" }
        }
    }
}

pub(super) async fn submit(
    state: Data<State>,
    browser: Browser,
    visitor: Visitor,
    sent: Form<Reset>,
) -> HttpResponse {
    answer(try_reset(&state, &browser, &visitor, &sent).await)
}

async fn try_reset(
    state: &State,
    browser: &Browser,
    visitor: &Visitor,
    sent: &Reset,
) -> Result<HttpResponse, Fault> {
    browser.expect(state, &sent.csrf)?;
    limits::take(state, visitor, Limit::MailAddress, &visitor.network(), None).await?;
    let hash = linking::hash(state, &sent.token);
    let looking = state.db.begin().await?;
    let link = links::find(&looking, &hash, &[Kind::Reset]).await?;
    drop(looking);
    let id = link.and_then(|link| link.account).ok_or_else(gone)?;
    let account = accounts::find(&state.db, id).await?.ok_or_else(gone)?;
    let chosen = match choose(state, &account.email, &sent.new_password).await? {
        Ok(chosen) => chosen,
        Err(objection) => {
            let body = form(state, browser, &sent.token, Some(objection));
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(page_with(state, browser, status, TITLE, &body));
        }
    };
    let mut change = Change::begin(&state.db, visitor.by(Some(&id))).await?;
    // Looked at again: it works once.
    let again = links::find(change.transaction(), &hash, &[Kind::Reset]).await?;
    again.ok_or_else(gone)?;
    accounts::set_password(change.transaction(), id, &chosen, false).await?;
    // Whoever got the mail has the address.
    accounts::set_verified(change.transaction(), id).await?;
    end_all(&change, id, None).await?;
    change.note(Note::new("password.reset", None, id));
    change.commit().await?;
    if let Some(email) = Email::parse(&account.email) {
        limits::forget(state, Limit::Account, &email.key()).await?;
    }
    let body = html! {
        p { "Your password is changed, and you are signed out everywhere." }
        p { a href=(state.path("/signin")) { "Sign in" } }
    };
    Ok(page(state, browser, "Done", &body))
}
