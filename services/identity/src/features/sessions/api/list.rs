//! The sessions of an account, and their end.

use crate::browser::Browser;
use crate::change::Change;
use crate::features::sessions::entering::{self, Signed};
use crate::features::sessions::sessions;
use crate::html::{answer, csrf, page, see_other, time};
use crate::state::State;
use crate::visitor::Visitor;
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use fault::Fault;
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignOut {
    csrf: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Revocation {
    csrf: String,
    session: Uuid,
}

/// The part of the account's page about sessions.
pub(crate) async fn list_section(
    state: &State,
    browser: &Browser,
    signed: &Signed,
) -> Result<Markup, Fault> {
    let idle_days = i32::from(state.settings.sessions.idle_days);
    let list = sessions::list(&state.db, signed.account.id, idle_days).await?;
    Ok(html! {
        h2 { "Where you are signed in" }
        ul.plain {
            @for session in &list {
                li {
                    strong { (device(&session.agent)) }
                    @if session.id == signed.session.id { " (this one)" }
                    br;
                    span.soft { (session.address) ", last used " (time(session.last_seen_at)) ", since " (time(session.created_at)) }
                    @if session.id != signed.session.id {
                        form method="post" action=(state.path("/account/sessions/revoke")) {
                            (csrf(state, browser))
                            input type="hidden" name="session" value=(session.id);
                            button.plain type="submit" { "Sign out there" }
                        }
                    }
                }
            }
        }
    })
}

/// Browser and system, as far as people would name them.
pub(crate) fn device(agent: &str) -> String {
    let find = |known: &[(&str, &'static str)]| {
        let found = known.iter().find(|(mark, _)| agent.contains(mark));
        found.map(|(_, name)| *name)
    };
    let browser = find(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = find(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "A program".to_owned(),
    }
}

pub(super) async fn sign_out(
    state: Data<State>,
    browser: Browser,
    visitor: Visitor,
    request: HttpRequest,
    sent: Form<SignOut>,
) -> HttpResponse {
    let work = async {
        browser.expect(&state, &sent.csrf)?;
        let signed = entering::current(&state, &request).await?;
        let body = html! { p { a href=(state.path("/signin")) { "Sign in again" } } };
        let mut response = page(&state, &browser, "You are signed out", &body);
        entering::sign_out(&state, &visitor, signed.as_ref(), &mut response).await?;
        Ok(response)
    };
    answer(work.await)
}

pub(super) async fn revoke(
    state: Data<State>,
    browser: Browser,
    visitor: Visitor,
    request: HttpRequest,
    sent: Form<Revocation>,
) -> HttpResponse {
    let work = async {
        browser.expect(&state, &sent.csrf)?;
        let signed = entering::require(&state, &request).await?;
        let account = signed.account.id;
        let mut change = Change::begin(&state.db, visitor.by(Some(&account))).await?;
        if !entering::end(&mut change, sent.session, account).await? {
            return Err(Fault::not_found());
        }
        change.commit().await?;
        Ok(see_other(&state.path("/account")))
    };
    answer(work.await)
}

#[cfg(test)]
mod tests {
    use super::device;

    #[test]
    fn devices_have_names() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120 Safari/537.36 Edg/120";
        assert_eq!(device(edge), "Edge on Windows");
        assert_eq!(device("curl/8"), "A program");
    }
}
