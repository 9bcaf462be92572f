//! `/signup`: a new account.

use crate::browser::Browser;
use crate::change::Change;
use crate::features::accounts::accounts::{self, Account};
use crate::features::accounts::links::{Kind, Link};
use crate::features::accounts::{Email, Role, choose, linking};
use crate::features::limits::{self, Limit};
use crate::features::sessions;
use crate::html::{self, Field, answer, csrf, flow_field, flow_name, flow_query, page, page_with};
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
use uuid::Uuid;

const LONGEST_NAME: usize = 100;

/// The authorization request that a page belongs to.
#[derive(Debug, Default, Deserialize)]
pub(super) struct FlowQuery {
    flow: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignUp {
    csrf: String,
    flow: Option<String>,
    name: String,
    email: String,
    new_password: String,
}

/// What was filled in so far, and what is wrong with it.
#[derive(Default)]
struct Draft<'a> {
    name: &'a str,
    email: &'a str,
    flow: Option<&'a str>,
    objection: Option<&'a str>,
}

pub(super) async fn show(
    state: Data<State>,
    browser: Browser,
    query: Query<FlowQuery>,
) -> HttpResponse {
    let draft = Draft {
        flow: flow_name(query.flow.as_deref()),
        ..Draft::default()
    };
    answer(is_open(&state).map(|()| {
        let body = form(&state, &browser, &draft);
        page(&state, &browser, "Sign up", &body)
    }))
}

fn is_open(state: &State) -> Result<(), Fault> {
    if state.settings.accounts.sign_up {
        return Ok(());
    }
    let problem = Problem::new(Code::Forbidden);
    Err(problem.detail("New accounts are not made here.").into())
}

fn form(state: &State, browser: &Browser, draft: &Draft<'_>) -> Markup {
    let name = Field {
        name: "name",
        label: "Name",
        kind: "text",
        autocomplete: "name",
        value: draft.name,
        hint: None,
    };
    html! {
        (html::alert(draft.objection))
        form method="post" action=(state.path("/signup")) {
            (csrf(state, browser)) (flow_field(draft.flow))
            (name.show()) (html::email(draft.email, "username")) (html::new_password("Password"))
            button type="submit" { "Sign up" }
        }
        p { "You have an account? " a href=(state.path(&format!("/signin{}", flow_query(draft.flow)))) { "Sign in" } }
    }
}

pub(super) async fn submit(
    state: Data<State>,
    browser: Browser,
    visitor: Visitor,
    request: HttpRequest,
    sent: Form<SignUp>,
) -> HttpResponse {
    answer(try_submit(&state, &browser, &visitor, &request, &sent).await)
}

async fn try_submit(
    state: &State,
    browser: &Browser,
    visitor: &Visitor,
    request: &HttpRequest,
    sent: &SignUp,
) -> Result<HttpResponse, Fault> {
    browser.expect(state, &sent.csrf)?;
    is_open(state)?;
    limits::take(state, visitor, Limit::MailAddress, &visitor.network(), None).await?;
    let flow = flow_name(sent.flow.as_deref());
    let refuse = |objection| {
        let draft = Draft {
            name: &sent.name,
            email: &sent.email,
            flow,
            objection: Some(objection),
        };
        let body = form(state, browser, &draft);
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Ok(page_with(state, browser, status, "Sign up", &body))
    };
    let name = sent.name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control)
    {
        return refuse("The name needs 1 to 100 characters.");
    }
    let Some(email) = Email::parse(&sent.email) else {
        return refuse("This is no e-mail address.");
    };
    let hash = match choose(state, email.as_str(), &sent.new_password).await? {
        Ok(hash) => hash,
        Err(objection) => return refuse(objection),
    };
    let person = (email.as_str().to_owned(), name.to_owned(), hash);
    if state.settings.accounts.verify_email {
        ask_for_proof(state, visitor, &email, person, flow.map(str::to_owned)).await?;
        return Ok(check_your_mail(state, browser));
    }
    match create(state, visitor, person, false).await? {
        Some(account) => sessions::proceed(state, visitor, request, &account, flow).await,
        None => refuse("An account cannot be made with this address. If it is yours, sign in."),
    }
}

/// Mails a link to the address; another one if it is taken. Costs the same.
async fn ask_for_proof(
    state: &State,
    visitor: &Visitor,
    email: &Email,
    person: (String, String, String),
    flow: Option<String>,
) -> Result<(), Fault> {
    let owner = accounts::find_by_email(&state.db, email).await?;
    let about = owner.as_ref().map(|owner| owner.id);
    let may = limits::take(state, visitor, Limit::MailAccount, &email.key(), about).await;
    let taken = owner.is_some();
    let kind = if taken { Kind::Nothing } else { Kind::SignUp };
    let change = Change::begin(&state.db, visitor.by(None)).await?;
    let link = Link {
        kind,
        account: None,
        person: Some(person).filter(|_| !taken),
        email: None,
        flow,
    };
    // Over this limit nothing is sent, and nobody is told.
    let to = may.is_ok().then_some(email.as_str());
    linking::send(state, change.transaction(), &link, to).await?;
    change.commit().await?;
    state.outbox.ring();
    Ok(())
}

pub(super) fn check_your_mail(state: &State, browser: &Browser) -> HttpResponse {
    let body = html! {
        p { "We have sent you a mail. Open the link in it to go on." }
        p.soft { "Nothing there? Look among the unwanted mail, or try again in a while." }
    };
    page(state, browser, "Check your mail", &body)
}

/// Makes the account; `None` when the address is taken.
pub(super) async fn create(
    state: &State,
    visitor: &Visitor,
    person: (String, String, String),
    email_verified: bool,
) -> Result<Option<Account>, Fault> {
    let (email, name, password_hash) = person;
    let account = Account {
        id: Uuid::now_v7(),
        email,
        name,
        password_hash,
        role: Role::User,
        email_verified,
        must_change_password: false,
        disabled_at: None,
        created_at: pg::now(),
    };
    let mut change = Change::begin(&state.db, visitor.by(Some(&account.id))).await?;
    if !accounts::insert(change.transaction(), &account).await? {
        return Ok(None);
    }
    change.note(Note::new("account.created", None, account.id));
    change.commit().await?;
    Ok(Some(account))
}
