//! `/confirm`: where a mailed link leads.

use super::{email, sign_up};
use crate::browser::Browser;
use crate::change::Change;
use crate::features::accounts::accounts;
use crate::features::accounts::linking;
use crate::features::accounts::links::{self, Kind, Link};
use crate::features::limits::{self, Limit};
use crate::features::sessions;
use crate::html::{self, answer, csrf, flow_query, page, page_with};
use crate::state::State;
use crate::visitor::Visitor;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Query};
use actix_web::{HttpRequest, HttpResponse};
use audit::Note;
use fault::Fault;
use maud::{Markup, html};
use problem::{Code, Problem};
use serde::Deserialize;

const KINDS: [Kind; 3] = [Kind::SignUp, Kind::Verify, Kind::Email];
const TITLE: &str = "Confirm your address";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenQuery {
    pub(super) token: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Confirmation {
    csrf: String,
    pub(super) token: String,
    pub(super) password: Option<String>,
}

/// Only shows: programs that look into mail open links too.
pub(super) async fn show(
    state: Data<State>,
    browser: Browser,
    query: Query<TokenQuery>,
) -> HttpResponse {
    answer(try_show(&state, &browser, &query.token).await)
}

async fn try_show(state: &State, browser: &Browser, token: &str) -> Result<HttpResponse, Fault> {
    let transaction = state.db.begin().await?;
    let link = links::find(&transaction, &linking::hash(state, token), &KINDS).await?;
    let link = link.ok_or_else(gone)?;
    let body = form(state, browser, token, &link, None);
    Ok(page(state, browser, TITLE, &body))
}

/// A link that cannot be used, for whatever reason.
pub(super) fn gone() -> Fault {
    Problem::new(Code::NotFound)
        .detail("This link has been used, has ended, or was never made. Ask for a new one.")
        .into()
}

fn form(
    state: &State,
    browser: &Browser,
    token: &str,
    link: &Link,
    objection: Option<&str>,
) -> Markup {
    html! {
        (html::alert(objection))
        form method="post" action=(state.path("/confirm")) {
            (csrf(state, browser))
            input type="hidden" name="token" value=(token);
            @if link.kind == Kind::SignUp {
                p { "Enter the password that you chose when you signed up." }
                (html::password("password", "Password"))
            }
            @if link.kind == Kind::Email {
                p { "Enter the password of your account to use this address from now on." }
                (html::password("password", "Password"))
            }
            button type="submit" { "Confirm" }
        }
    }
}

pub(super) async fn submit(
    state: Data<State>,
    browser: Browser,
    visitor: Visitor,
    request: HttpRequest,
    sent: Form<Confirmation>,
) -> HttpResponse {
    answer(try_submit(&state, &browser, &visitor, &request, &sent).await)
}

async fn try_submit(
    state: &State,
    browser: &Browser,
    visitor: &Visitor,
    request: &HttpRequest,
    sent: &Confirmation,
) -> Result<HttpResponse, Fault> {
    browser.expect(state, &sent.csrf)?;
    let hash = linking::hash(state, &sent.token);
    let mut change = Change::begin(&state.db, visitor.by(None)).await?;
    let link = links::find(change.transaction(), &hash, &KINDS).await?;
    let link = link.ok_or_else(gone)?;
    if let (Kind::Verify, Some(account)) = (link.kind, link.account) {
        accounts::set_verified(change.transaction(), account).await?;
        links::delete(change.transaction(), &hash).await?;
        change.note(Note::new("account.verified", None, account));
        change.commit().await?;
        return Ok(confirmed(state, browser, link.flow.as_deref()));
    }
    // Hashing takes long; no transaction is kept open meanwhile.
    drop(change);
    if link.kind == Kind::Email {
        return email::finish(state, browser, visitor, &link, sent).await;
    }
    let person = link.person.clone().ok_or_else(gone)?;
    let whose = person.0.to_lowercase();
    limits::take(state, visitor, Limit::Account, &whose, None).await?;
    let password = sent.password.as_deref().unwrap_or_default();
    if !state.passwords.is(password, &person.2).await? {
        let objection = "This is not the password that was chosen at sign-up.";
        return Ok(again(state, browser, sent, &link, objection));
    }
    // The address's uniqueness decides between two links of one person.
    let account = sign_up::create(state, visitor, person, true).await?;
    let account = account.ok_or_else(gone)?;
    let used = Change::begin(&state.db, visitor.by(None)).await?;
    links::delete(used.transaction(), &hash).await?;
    used.commit().await?;
    sessions::proceed(state, visitor, request, &account, link.flow.as_deref()).await
}

/// The form once more, with what was wrong.
pub(super) fn again(
    state: &State,
    browser: &Browser,
    sent: &Confirmation,
    link: &Link,
    objection: &str,
) -> HttpResponse {
    let body = form(state, browser, &sent.token, link, Some(objection));
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    page_with(state, browser, status, TITLE, &body)
}

fn confirmed(state: &State, browser: &Browser, flow: Option<&str>) -> HttpResponse {
    let next = state.path(&format!("/signin{}", flow_query(flow)));
    let body = html! {
        p { "Your e-mail address is confirmed." }
        p { a href=(next) { "Go on to sign in" } }
    };
    page(state, browser, "Thank you", &body)
}
