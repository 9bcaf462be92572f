//! Pages: plain HTML from the server, everything escaped by `maud`. The one script is our own, on the pages that ask for
//! passkeys.

use crate::browser::Browser;
use crate::state::State;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, RETRY_AFTER};
use fault::Fault;
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};
use problem::Problem;

pub(crate) const STYLE: &str = include_str!("style.css");

/// What pages may load, and where their forms lead: to the clients too, for browsers look at where a form's answer sends
/// them.
pub(crate) fn content_policy(state: &State, more: &str) -> String {
    let clients = state.settings.client_origins().join(" ");
    format!(
        "default-src 'none'; {more}style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self' {clients}; frame-ancestors 'none'"
    )
}

/// A page that a browser got.
pub(crate) fn page(state: &State, browser: &Browser, title: &str, body: &Markup) -> HttpResponse {
    page_with(state, browser, StatusCode::OK, title, body)
}

/// A page with another status.
pub(crate) fn page_with(
    state: &State,
    browser: &Browser,
    status: StatusCode,
    title: &str,
    body: &Markup,
) -> HttpResponse {
    made(state, browser, status, whole(title, body, false))
}

/// A page that may ask for a passkey: it alone has the script, which may ask the service itself and nobody else.
pub(crate) fn page_with_script(
    state: &State,
    browser: &Browser,
    status: StatusCode,
    title: &str,
    body: &Markup,
) -> HttpResponse {
    let policy = content_policy(state, "script-src 'self'; connect-src 'self'; ");
    let mut response = made(state, browser, status, whole(title, body, true));
    if let Ok(policy) = policy.try_into() {
        let headers = response.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn made(state: &State, browser: &Browser, status: StatusCode, page: Markup) -> HttpResponse {
    let mut response = HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(page.into_string());
    browser.keep(state, &mut response);
    response
}

fn whole(title: &str, body: &Markup, with_script: bool) -> Markup {
    let scope = crate::settings::SCOPE;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · MotoVaultPro" }
                link rel="stylesheet" href={ (scope) "/style.css" };
                @if with_script { script src={ (scope) "/passkeys.js" } defer {} }
            }
            body {
                header { p.brand { "MotoVaultPro" } }
                main {
                    h1 { (title) }
                    (body)
                }
            }
        }
    }
}

/// The answer of a page's handler. What went wrong is said on a page too.
pub(crate) fn answer(outcome: Result<HttpResponse, Fault>) -> HttpResponse {
    let problem = match outcome {
        Ok(response) => return response,
        Err(fault) => Problem::from(fault),
    };
    let text = problem.detail.as_deref().unwrap_or_default();
    let body = html! {
        p role="alert" { (text) }
        p { a href={ (crate::settings::SCOPE) "/account" } { "To your account" } }
    };
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response
        .content_type("text/html; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"));
    if let Some(seconds) = problem.retry_after_s {
        response.insert_header((RETRY_AFTER, seconds.to_string()));
    }
    response.body(whole(&problem.title, &body, false).into_string())
}

/// Sends the browser on, to be asked for with GET.
pub(crate) fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, location))
        .insert_header((CACHE_CONTROL, "no-store"))
        .finish()
}

/// What proves that a form came from a page of ours.
pub(crate) fn csrf(state: &State, browser: &Browser) -> Markup {
    html! { input type="hidden" name="csrf" value=(browser.csrf(state)); }
}

/// The authorization request that a form belongs to.
pub(crate) fn flow_field(flow: Option<&str>) -> Markup {
    html! { @if let Some(flow) = flow { input type="hidden" name="flow" value=(flow); } }
}

/// The name of an authorization request, if it can be one: it stands in addresses and in the database.
pub(crate) fn flow_name(text: Option<&str>) -> Option<&str> {
    text.filter(|text| text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// A query that goes on with an authorization request.
pub(crate) fn flow_query(flow: Option<&str>) -> String {
    flow.map(|flow| format!("?flow={flow}")).unwrap_or_default()
}

/// What a field is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) name: &'a str,
    pub(crate) label: &'a str,
    pub(crate) kind: &'a str,
    /// What a password manager may fill in.
    pub(crate) autocomplete: &'a str,
    pub(crate) value: &'a str,
    pub(crate) hint: Option<&'a str>,
}

impl Field<'_> {
    /// The field with its label; it must be filled in.
    pub(crate) fn show(&self) -> Markup {
        let hint = self.hint.map(|_| format!("{}-hint", self.name));
        let is_code = self.autocomplete == "one-time-code";
        html! {
            p.field {
                label for=(self.name) { (self.label) }
                input id=(self.name) name=(self.name) type=(self.kind) value=(self.value)
                    autocomplete=(self.autocomplete) aria-describedby=[hint.as_deref()]
                    inputmode=[is_code.then_some("numeric")] maxlength="254" required;
                @if let Some(text) = self.hint { span.hint id=[hint.as_deref()] { (text) } }
            }
        }
    }
}

/// The field for an address of mail. What may be filled in is an address, at the sign-in a passkey too.
pub(crate) fn email(value: &str, autocomplete: &str) -> Markup {
    let field = Field {
        name: "email",
        label: "E-mail",
        kind: "email",
        autocomplete,
        value,
        hint: None,
    };
    field.show()
}

/// The field for a password that exists.
pub(crate) fn password(name: &str, label: &str) -> Markup {
    let field = Field {
        name,
        label,
        kind: "password",
        autocomplete: "current-password",
        value: "",
        hint: None,
    };
    field.show()
}

/// The field for a password to be.
pub(crate) fn new_password(label: &str) -> Markup {
    let field = Field {
        name: "new_password",
        label,
        kind: "password",
        autocomplete: "new-password",
        value: "",
        hint: Some("At least 10 characters. A few words in a row are good."),
    };
    field.show()
}

/// What keeps a form from being accepted.
pub(crate) fn alert(text: Option<&str>) -> Markup {
    html! { @if let Some(text) = text { p.alert role="alert" { (text) } } }
}

/// A time for people.
pub(crate) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
