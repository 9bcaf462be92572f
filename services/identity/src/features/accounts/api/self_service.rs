//! `/account`: what people do with their own account.

use super::email;
use crate::browser::Browser;
use crate::change::Change;
use crate::features::accounts::accounts::{self, Account};
use crate::features::accounts::{Role, choose, end_all, knows_password, leaving};
use crate::features::sessions::{self, Signed};
use crate::features::{passkeys, second_factor};
use crate::html::{self, Field, answer, csrf, page, page_with, see_other};
use crate::state::State;
use crate::visitor::Visitor;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use audit::Note;
use fault::Fault;
use maud::{Markup, html};
use serde::Deserialize;

const LONGEST_NAME: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Profile {
    csrf: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordChange {
    csrf: String,
    password: String,
    new_password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Deletion {
    csrf: String,
    password: String,
}

pub(super) async fn show(
    state: Data<State>,
    browser: Browser,
    request: HttpRequest,
) -> HttpResponse {
    answer(try_show(&state, &browser, &request).await)
}

async fn try_show(
    state: &State,
    browser: &Browser,
    request: &HttpRequest,
) -> Result<HttpResponse, Fault> {
    match sessions::current(state, request).await? {
        Some(signed) => overview(state, browser, &signed, None).await,
        None => Ok(see_other(&state.path("/signin"))),
    }
}

/// Everything on one page; an objection to what was sent comes first.
pub(super) async fn overview(
    state: &State,
    browser: &Browser,
    signed: &Signed,
    objection: Option<&str>,
) -> Result<HttpResponse, Fault> {
    let account = &signed.account;
    let sessions = sessions::list_section(state, browser, signed).await?;
    let factor = second_factor::section(state, browser, account.id).await?;
    let passkeys = passkeys::section(state, account.id).await?;
    let body = html! {
        (html::alert(objection))
        p { "Signed in as " strong { (account.email) }
            @if !account.email_verified { " (not confirmed)" } }
        form method="post" action=(state.path("/signout")) {
            (csrf(state, browser))
            button.plain type="submit" { "Sign out" }
        }
        (profile_section(state, browser, account))
        (email::section(state, browser))
        (password_section(state, browser, account))
        (factor)
        (passkeys)
        (sessions)
        (deletion_section(state, browser))
    };
    let status = objection.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    Ok(page_with(state, browser, status, "Your account", &body))
}

fn profile_section(state: &State, browser: &Browser, account: &Account) -> Markup {
    let name = Field {
        name: "name",
        label: "Name",
        kind: "text",
        autocomplete: "name",
        value: &account.name,
        hint: None,
    };
    html! {
        h2 { "Profile" }
        form method="post" action=(state.path("/account/profile")) {
            (csrf(state, browser)) (name.show())
            button type="submit" { "Save" }
        }
    }
}

fn password_section(state: &State, browser: &Browser, account: &Account) -> Markup {
    html! {
        h2 { "Password" }
        details {
            summary { "Change the password" }
            form method="post" action=(state.path("/account/password")) {
                (csrf(state, browser))
                // For password managers.
                input type="text" name="" value=(account.email) autocomplete="username" hidden;
                (html::password("password", "Present password"))
                (html::new_password("New password"))
                button type="submit" { "Change and sign out elsewhere" }
            }
        }
    }
}

fn deletion_section(state: &State, browser: &Browser) -> Markup {
    let field = Field {
        name: "password",
        label: "Password",
        kind: "password",
        autocomplete: "off",
        value: "",
        hint: None,
    };
    html! {
        h2 { "Delete" }
        details {
            summary { "Delete my account" }
            p { "Removed at once, for good: your account with address, name, password, passkeys, second factor, and every place where you are signed in." }
            p { "What stays: what you keep in the programs that you sign in to, such as vehicles and their logs. They are not told that you leave, and nobody can reach any of it with this account afterwards: delete there first what shall be gone." }
            p { "The record of security events stays too. It has your account's number and the network addresses that it was used from, not your name or e-mail." }
            form method="post" action=(state.path("/account/delete")) {
                (csrf(state, browser))
                // A second field of this name is on the page, hence no id.
                p.field { label { (field.label) input name=(field.name) type=(field.kind) autocomplete=(field.autocomplete) required; } }
                button.danger type="submit" { "Delete my account" }
            }
        }
    }
}

pub(super) async fn profile(
    state: Data<State>,
    browser: Browser,
    visitor: Visitor,
    request: HttpRequest,
    sent: Form<Profile>,
) -> HttpResponse {
    let work = async {
        browser.expect(&state, &sent.csrf)?;
        let signed = sessions::require(&state, &request).await?;
        let name = sent.name.trim();
        let length = name.chars().count();
        if !(1..=LONGEST_NAME).contains(&length) || name.chars().any(char::is_control) {
            let objection = Some("The name needs 1 to 100 characters.");
            return overview(&state, &browser, &signed, objection).await;
        }
        let id = signed.account.id;
        let mut change = Change::begin(&state.db, visitor.by(Some(&id))).await?;
        accounts::set_name(change.transaction(), id, name).await?;
        change.note(Note::new("account.changed", None, id));
        change.commit().await?;
        Ok(see_other(&state.path("/account")))
    };
    answer(work.await)
}

pub(super) async fn password(
    state: Data<State>,
    browser: Browser,
    visitor: Visitor,
    request: HttpRequest,
    sent: Form<PasswordChange>,
) -> HttpResponse {
    let work = async {
        browser.expect(&state, &sent.csrf)?;
        let signed = sessions::require(&state, &request).await?;
        let account = &signed.account;
        let refuse = |objection| overview(&state, &browser, &signed, Some(objection));
        if !knows_password(&state, &visitor, account, &sent.password).await? {
            return refuse("The present password is not right.").await;
        }
        let chosen = match choose(&state, &account.email, &sent.new_password).await? {
            Ok(chosen) => chosen,
            Err(objection) => return refuse(objection).await,
        };
        let mut change = Change::begin(&state.db, visitor.by(Some(&account.id))).await?;
        accounts::set_password(change.transaction(), account.id, &chosen, false).await?;
        end_all(&change, account.id, Some(signed.session.id)).await?;
        change.note(Note::new("password.changed", None, account.id));
        change.commit().await?;
        let body = html! {
            p { "Your password is changed, and you are signed out everywhere else." }
            p { a href=(state.path("/account")) { "To your account" } }
        };
        Ok(page(&state, &browser, "Done", &body))
    };
    answer(work.await)
}

pub(super) async fn delete(
    state: Data<State>,
    browser: Browser,
    visitor: Visitor,
    request: HttpRequest,
    sent: Form<Deletion>,
) -> HttpResponse {
    let work = async {
        browser.expect(&state, &sent.csrf)?;
        let signed = sessions::require(&state, &request).await?;
        let account = &signed.account;
        if !knows_password(&state, &visitor, account, &sent.password).await? {
            let objection = Some("The password is not right.");
            return overview(&state, &browser, &signed, objection).await;
        }
        let mut change = Change::begin(&state.db, visitor.by(Some(&account.id))).await?;
        let admins = accounts::lock_admins(change.transaction()).await?;
        if account.role == Role::Admin && admins <= 1 {
            return Err(Fault::conflict("The last admin cannot leave."));
        }
        leaving::delete(&change, account.id).await?;
        change.note(Note::new("account.deleted", None, account.id));
        change.commit().await?;
        let body = html! { p { "Your account is deleted." } };
        let mut response = page(&state, &browser, "Good-bye", &body);
        sessions::leave(&state, &mut response);
        Ok(response)
    };
    answer(work.await)
}
