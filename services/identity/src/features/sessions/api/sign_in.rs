//! `/signin`: e-mail and password, or a passkey.

use crate::browser::Browser;
use crate::change::record;
use crate::features::accounts::{self, Account, Email};
use crate::features::limits::{self, Limit};
use crate::features::sessions::entering;
use crate::features::{oidc, passkeys};
use crate::html::{self, answer, csrf, flow_field, flow_name, flow_query, page_with_script};
use crate::state::State;
use crate::visitor::Visitor;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::{Data, Form, Query};
use actix_web::{HttpRequest, HttpResponse};
use audit::Note;
use fault::Fault;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

const TITLE: &str = "Sign in";
/// One text for a wrong password and for an address that is not known.
const WRONG: &str = "The e-mail or the password is not right.";

#[derive(Debug, Default, Deserialize)]
pub(super) struct FlowQuery {
    flow: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignIn {
    csrf: String,
    flow: Option<String>,
    email: String,
    password: String,
}

pub(super) async fn show(
    state: Data<State>,
    browser: Browser,
    query: Query<FlowQuery>,
) -> HttpResponse {
    let work = async {
        let flow = flow_name(query.flow.as_deref());
        let waiting = match flow {
            Some(flow) => oidc::waiting(&state.db, flow).await?,
            None => None,
        };
        let client = waiting.as_ref().map(|it| it.client_id.as_str());
        let client = client.and_then(|id| state.settings.clients.get(id));
        let hint = waiting.as_ref().and_then(|it| it.login_hint.as_deref());
        let body = html! {
            @if let Some(client) = client { p { "to go on to " strong { (client.name) } } }
            (form(&state, &browser, hint.unwrap_or_default(), flow, None))
        };
        Ok(page_with_script(
            &state,
            &browser,
            StatusCode::OK,
            TITLE,
            &body,
        ))
    };
    answer(work.await)
}

fn form(
    state: &State,
    browser: &Browser,
    email: &str,
    flow: Option<&str>,
    objection: Option<&str>,
) -> Markup {
    let with_flow = |path: &str| state.path(&format!("{path}{}", flow_query(flow)));
    html! {
        (html::alert(objection))
        form method="post" action=(state.path("/signin")) {
            (csrf(state, browser)) (flow_field(flow))
            (html::email(email, "username webauthn")) (html::password("password", "Password"))
            button type="submit" { "Sign in" }
        }
        (passkeys::sign_in_form(state, browser, flow))
        p { a href=(state.path("/forgot")) { "Forgot your password?" } }
        @if state.settings.accounts.sign_up {
            p { "New here? " a href=(with_flow("/signup")) { "Sign up" } }
        }
    }
}

/// The page once more, for whoever was refused.
pub(crate) fn refuse(
    state: &State,
    browser: &Browser,
    email: &str,
    flow: Option<&str>,
    status: StatusCode,
    objection: &str,
) -> HttpResponse {
    let body = form(state, browser, email, flow, Some(objection));
    page_with_script(state, browser, status, TITLE, &body)
}

pub(super) async fn submit(
    state: Data<State>,
    browser: Browser,
    visitor: Visitor,
    request: HttpRequest,
    sent: Form<SignIn>,
) -> HttpResponse {
    answer(try_submit(&state, &browser, &visitor, &request, &sent).await)
}

async fn try_submit(
    state: &State,
    browser: &Browser,
    visitor: &Visitor,
    request: &HttpRequest,
    sent: &SignIn,
) -> Result<HttpResponse, Fault> {
    browser.expect(state, &sent.csrf)?;
    let email = Email::parse(&sent.email);
    let key = email.as_ref().map_or_else(String::new, Email::key);
    let flow = flow_name(sent.flow.as_deref());
    let refuse = |status, objection| refuse(state, browser, &sent.email, flow, status, objection);
    limits::take(state, visitor, Limit::Address, &visitor.network(), None).await?;
    let account = match &email {
        Some(email) => accounts::find_by_email(&state.db, email).await?,
        None => None,
    };
    let about = account.as_ref().map(|account| account.id);
    if let Err(fault) = limits::take(state, visitor, Limit::Account, &key, about).await {
        return match &fault {
            Fault::Refused(problem) => {
                let seconds = problem.retry_after_s.unwrap_or(1);
                let text = "There were too many attempts. Wait a while, then try again.";
                let mut response = refuse(StatusCode::TOO_MANY_REQUESTS, text);
                response.headers_mut().insert(RETRY_AFTER, seconds.into());
                Ok(response)
            }
            _ => Err(fault),
        };
    }
    let account = match accounts::check(state, account, &sent.password).await? {
        Ok(account) => account,
        Err(account) => {
            note_failure(state, visitor, account.as_ref()).await?;
            return Ok(refuse(StatusCode::UNPROCESSABLE_ENTITY, WRONG));
        }
    };
    // From here on it is known to be the person, who may be told more.
    if let Some(objection) = entering::obstacle(state, visitor, &account, flow).await? {
        return Ok(refuse(StatusCode::FORBIDDEN, objection));
    }
    entering::proceed(state, visitor, request, &account, flow).await
}

async fn note_failure(
    state: &State,
    visitor: &Visitor,
    account: Option<&Account>,
) -> Result<(), Fault> {
    let subject = account.map_or_else(|| "nobody".to_owned(), |it| it.id.to_string());
    let seen = json!({ "address": visitor.address.to_string() });
    let note = Note::new("sign_in.failed", None, subject).after(&seen);
    record(&state.db, visitor.by(None), note).await
}
