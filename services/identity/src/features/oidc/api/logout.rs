//! `/logout`: signing out on behalf of a client (OpenID Connect RP-Initiated Logout 1.0).

use crate::browser::Browser;
use crate::features::oidc::domain::parameters::Parameters;
use crate::features::oidc::tokens::{self, HintClaims};
use crate::features::sessions::{self, Signed};
use crate::html::{answer, csrf, page, see_other};
use crate::state::State;
use crate::visitor::Visitor;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use fault::Fault;
use maud::html;
use problem::{Code, Problem};

/// Who asks, with everything that a handler needs of it.
struct Asking<'a> {
    state: &'a State,
    browser: &'a Browser,
    visitor: &'a Visitor,
    request: &'a HttpRequest,
}

pub(super) async fn by_get(
    state: Data<State>,
    browser: Browser,
    visitor: Visitor,
    request: HttpRequest,
) -> HttpResponse {
    let asking = Asking {
        state: &state,
        browser: &browser,
        visitor: &visitor,
        request: &request,
    };
    answer(asking.log_out(request.query_string().as_bytes()).await)
}

pub(super) async fn by_post(
    state: Data<State>,
    browser: Browser,
    visitor: Visitor,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    let asking = Asking {
        state: &state,
        browser: &browser,
        visitor: &visitor,
        request: &request,
    };
    answer(asking.log_out(&body).await)
}

/// The person was asked, and said yes.
pub(super) async fn confirm(
    state: Data<State>,
    browser: Browser,
    visitor: Visitor,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    let asking = Asking {
        state: &state,
        browser: &browser,
        visitor: &visitor,
        request: &request,
    };
    answer(asking.confirmed(&body).await)
}

impl Asking<'_> {
    async fn log_out(&self, encoded: &[u8]) -> Result<HttpResponse, Fault> {
        let parameters = Parameters::parse(encoded).ok_or_else(unreadable)?;
        let hint = self.hint(&parameters).await?;
        let next = self.next(&parameters, hint.as_ref());
        let signed = sessions::current(self.state, self.request).await?;
        let Some(signed) = signed else {
            // The browser has forgotten the session; its refresh tokens may live.
            if let Some(hint) = hint {
                sessions::end_named(self.state, self.visitor, hint.sid, hint.sub).await?;
            }
            return Ok(self.gone(next.as_deref()));
        };
        // Only a token of this very session is as good as the person's own word.
        let is_own =
            hint.is_some_and(|hint| hint.sid == signed.session.id && hint.sub == signed.account.id);
        if is_own {
            return self.end(&signed, next.as_deref()).await;
        }
        let body = html! {
            p { "A program asks to sign you, " strong { (signed.account.email) } ", out." }
            form method="post" action=(self.state.path("/logout/confirm")) {
                (csrf(self.state, self.browser))
                @for name in ["client_id", "id_token_hint", "post_logout_redirect_uri", "state"] {
                    @if let Some(value) = parameters.get(name) { input type="hidden" name=(name) value=(value); }
                }
                button type="submit" { "Sign out" }
            }
            p { a href=(self.state.path("/account")) { "Stay signed in" } }
        };
        Ok(page(self.state, self.browser, "Sign out?", &body))
    }

    async fn confirmed(&self, encoded: &[u8]) -> Result<HttpResponse, Fault> {
        let parameters = Parameters::parse(encoded).ok_or_else(unreadable)?;
        let sent = parameters.get("csrf").unwrap_or_default();
        self.browser.expect(self.state, sent)?;
        let hint = self.hint(&parameters).await?;
        let next = self.next(&parameters, hint.as_ref());
        match sessions::current(self.state, self.request).await? {
            Some(signed) => {
                // An older session of the same person, by which the client has its tokens, ends with this one.
                if let Some(hint) = hint.filter(|hint| hint.sub == signed.account.id) {
                    sessions::end_named(self.state, self.visitor, hint.sid, hint.sub).await?;
                }
                self.end(&signed, next.as_deref()).await
            }
            None => Ok(self.gone(next.as_deref())),
        }
    }

    async fn hint(&self, parameters: &Parameters) -> Result<Option<HintClaims>, Fault> {
        match parameters.get("id_token_hint") {
            Some(token) => tokens::read_hint(self.state, token).await,
            None => Ok(None),
        }
    }

    /// Where the client wants the browser to go, if that is an address of its own.
    fn next(&self, parameters: &Parameters, hint: Option<&HintClaims>) -> Option<String> {
        let wanted = parameters.get("post_logout_redirect_uri")?;
        let named = parameters.get("client_id");
        let client = hint.map(|hint| hint.aud.as_str()).or(named)?;
        if named.is_some_and(|named| named != client) {
            return None;
        }
        let client = self.state.settings.clients.get(client)?;
        let known = &client.post_logout_redirect_uris.0;
        let uri = known.iter().find(|uri| *uri == wanted)?;
        let Some(state) = parameters.get("state") else {
            return Some(uri.clone());
        };
        let state: String = form_urlencoded::byte_serialize(state.as_bytes()).collect();
        let joint = if uri.contains('?') { '&' } else { '?' };
        Some(format!("{uri}{joint}state={state}"))
    }

    async fn end(&self, signed: &Signed, next: Option<&str>) -> Result<HttpResponse, Fault> {
        let mut response = self.gone(next);
        sessions::sign_out(self.state, self.visitor, Some(signed), &mut response).await?;
        Ok(response)
    }

    fn gone(&self, next: Option<&str>) -> HttpResponse {
        if let Some(next) = next {
            return see_other(next);
        }
        let body = html! { p { a href=(self.state.path("/signin")) { "Sign in again" } } };
        page(self.state, self.browser, "You are signed out", &body)
    }
}

fn unreadable() -> Fault {
    let problem = Problem::new(Code::BadRequest);
    problem
        .detail("The program's request cannot be read.")
        .into()
}
