//! `/account/passkeys`: which there are, their names, their end.

use super::add::MOST;
use crate::browser::Browser;
use crate::change::Change;
use crate::features::accounts::knows_password;
use crate::features::passkeys::notices;
use crate::features::passkeys::passkeys::{self, Passkey};
use crate::features::sessions::{self, Signed};
use crate::html::{self, Field, answer, csrf, page_with_script, see_other, time};
use crate::state::State;
use crate::visitor::Visitor;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use audit::Note;
use fault::Fault;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

const LONGEST_NAME: usize = 60;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Renaming {
    csrf: String,
    passkey: Uuid,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Removal {
    csrf: String,
    passkey: Uuid,
    password: String,
}

/// The part of the account's page about passkeys.
pub(crate) async fn section(state: &State, account: Uuid) -> Result<Markup, Fault> {
    let count = passkeys::list(&state.db, account).await?.len();
    Ok(html! {
        h2 { "Passkeys" }
        p {
            @match count {
                0 => "None. ",
                1 => "One. ",
                _ => { (count) " passkeys. " }
            }
            a href=(state.path("/account/passkeys")) {
                @if count == 0 { "Sign in without a password" } @else { "Look after your passkeys" }
            }
        }
    })
}

/// A name that a passkey may have.
pub(super) fn name(text: &str) -> Result<&str, &'static str> {
    let name = text.trim();
    let length = name.chars().count();
    if (1..=LONGEST_NAME).contains(&length) && !name.chars().any(char::is_control) {
        return Ok(name);
    }
    Err("The name needs 1 to 60 characters.")
}

pub(super) async fn show(
    state: Data<State>,
    browser: Browser,
    visitor: Visitor,
    request: HttpRequest,
) -> HttpResponse {
    let work = async {
        match sessions::current(&state, &request).await? {
            Some(signed) => overview(&state, &browser, &visitor, &signed, None).await,
            None => Ok(see_other(&state.path("/signin"))),
        }
    };
    answer(work.await)
}

/// Everything on one page; an objection to what was sent comes first.
pub(super) async fn overview(
    state: &State,
    browser: &Browser,
    visitor: &Visitor,
    signed: &Signed,
    objection: Option<&str>,
) -> Result<HttpResponse, Fault> {
    let list = passkeys::list(&state.db, signed.account.id).await?;
    let body = html! {
        (html::alert(objection))
        p { "A passkey signs you in by the fingerprint, the face or the PIN of your device, instead of a password and a code." }
        @if !list.is_empty() {
            ul.plain { @for passkey in &list { (item(state, browser, passkey)) } }
        }
        h2 { "Add a passkey" }
        @if list.len() < MOST {
            (adding(state, browser, visitor))
        } @else {
            p { "There can be no more. Remove one first." }
        }
        p { a href=(state.path("/account")) { "Back" } }
    };
    let status = objection.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    Ok(page_with_script(state, browser, status, "Passkeys", &body))
}

fn item(state: &State, browser: &Browser, passkey: &Passkey) -> Markup {
    // Fields of these names are on the page more than once, hence no ids.
    html! {
        li {
            strong { (passkey.name) }
            br;
            span.soft {
                "added " (time(passkey.created_at))
                br;
                @match passkey.last_used_at {
                    Some(at) => { "last used " (time(at)) }
                    None => "never used",
                }
            }
            details {
                summary { "Rename" }
                form method="post" action=(state.path("/account/passkeys/rename")) {
                    (csrf(state, browser))
                    input type="hidden" name="passkey" value=(passkey.id);
                    p.field { label { "Name" input name="name" value=(passkey.name) maxlength="60" autocomplete="off" required; } }
                    button type="submit" { "Save" }
                }
            }
            details {
                summary { "Remove" }
                form method="post" action=(state.path("/account/passkeys/remove")) {
                    (csrf(state, browser))
                    input type="hidden" name="passkey" value=(passkey.id);
                    p.field { label { "Password" input name="password" type="password" autocomplete="current-password" required; } }
                    button.danger type="submit" { "Remove" }
                }
            }
        }
    }
}

/// Shown where the script finds that the browser has passkeys; what stands there otherwise says that it has none.
fn adding(state: &State, browser: &Browser, visitor: &Visitor) -> Markup {
    let device = sessions::device(&visitor.agent);
    let name = Field {
        name: "name",
        label: "Name",
        kind: "text",
        autocomplete: "off",
        value: &device,
        hint: Some("By which you will know it again."),
    };
    html! {
        p #no-passkeys { "This browser has no passkeys, or does not run scripts, which they need." }
        form method="post" action=(state.path("/account/passkeys")) data-passkey="create"
            data-question=(state.path("/account/passkeys/question")) hidden {
            (csrf(state, browser))
            (name.show()) (html::password("password", "Password"))
            p.alert role="alert" hidden {}
            button type="submit" { "Add a passkey" }
        }
    }
}

pub(super) async fn rename(
    state: Data<State>,
    browser: Browser,
    visitor: Visitor,
    request: HttpRequest,
    sent: Form<Renaming>,
) -> HttpResponse {
    let work = async {
        browser.expect(&state, &sent.csrf)?;
        let signed = sessions::require(&state, &request).await?;
        let name = match name(&sent.name) {
            Ok(name) => name,
            Err(text) => return overview(&state, &browser, &visitor, &signed, Some(text)).await,
        };
        let account = signed.account.id;
        let mut change = Change::begin(&state.db, visitor.by(Some(&account))).await?;
        if !passkeys::rename(change.transaction(), sent.passkey, account, name).await? {
            return Err(Fault::not_found());
        }
        let which = json!({ "passkey": sent.passkey });
        change.note(Note::new("passkey.renamed", None, account).after(&which));
        change.commit().await?;
        Ok(see_other(&state.path("/account/passkeys")))
    };
    answer(work.await)
}

pub(super) async fn remove(
    state: Data<State>,
    browser: Browser,
    visitor: Visitor,
    request: HttpRequest,
    sent: Form<Removal>,
) -> HttpResponse {
    let work = async {
        browser.expect(&state, &sent.csrf)?;
        let signed = sessions::require(&state, &request).await?;
        let account = &signed.account;
        if !knows_password(&state, &visitor, account, &sent.password).await? {
            let text = Some("The password is not right.");
            return overview(&state, &browser, &visitor, &signed, text).await;
        }
        let mut change = Change::begin(&state.db, visitor.by(Some(&account.id))).await?;
        let name = passkeys::delete(change.transaction(), sent.passkey, account.id).await?;
        let name = name.ok_or_else(Fault::not_found)?;
        notices::tell_removed(&state, change.transaction(), account, &name).await?;
        let which = json!({ "passkey": sent.passkey });
        change.note(Note::new("passkey.removed", None, account.id).after(&which));
        change.commit().await?;
        state.outbox.ring();
        Ok(see_other(&state.path("/account/passkeys")))
    };
    answer(work.await)
}
