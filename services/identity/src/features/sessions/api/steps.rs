//! `/signin/code` and `/signin/password`: what may come after the password.

use crate::browser::Browser;
use crate::change::{Change, record};
use crate::features::accounts::{self, Account};
use crate::features::limits::{self, Limit};
use crate::features::second_factor;
use crate::features::sessions::attempts::{self, Attempt};
use crate::features::sessions::entering::{next_step, open, unfinished};
use crate::html::{self, Field, answer, csrf, page_with, see_other};
use crate::state::State;
use crate::visitor::Visitor;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use audit::Note;
use fault::Fault;
use maud::html;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Code {
    csrf: String,
    code: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnPassword {
    csrf: String,
    new_password: String,
}

pub(super) async fn show_code(
    state: Data<State>,
    browser: Browser,
    request: HttpRequest,
) -> HttpResponse {
    let work = async {
        Ok(match unfinished(&state, &request).await? {
            Some((_, attempt, _)) if attempt.needs_code => code_page(&state, &browser, None),
            _ => see_other(&state.path("/signin")),
        })
    };
    answer(work.await)
}

fn code_page(state: &State, browser: &Browser, objection: Option<&str>) -> HttpResponse {
    let field = Field {
        name: "code",
        label: "Code",
        kind: "text",
        autocomplete: "one-time-code",
        value: "",
        hint: Some("Six digits from your authenticator app."),
    };
    let body = html! {
        (html::alert(objection))
        form method="post" action=(state.path("/signin/code")) {
            (csrf(state, browser)) (field.show())
            button type="submit" { "Go on" }
        }
        // A field of its own: the digits' one brings up a keypad without letters.
        details {
            summary { "Use a recovery code instead" }
            form method="post" action=(state.path("/signin/code")) {
                (csrf(state, browser))
                p.field { label { "Recovery code" input name="code" type="text" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="254" required; } }
                button type="submit" { "Go on" }
            }
        }
    };
    page_with(state, browser, status_of(objection), "Second factor", &body)
}

fn status_of(objection: Option<&str>) -> StatusCode {
    objection.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY)
}

pub(super) async fn submit_code(
    state: Data<State>,
    browser: Browser,
    visitor: Visitor,
    request: HttpRequest,
    sent: Form<Code>,
) -> HttpResponse {
    let work = async {
        browser.expect(&state, &sent.csrf)?;
        let Some((hash, attempt, account)) = unfinished(&state, &request).await? else {
            return Ok(see_other(&state.path("/signin")));
        };
        let (whose, id) = (account.id.to_string(), Some(account.id));
        limits::take(&state, &visitor, Limit::Code, &whose, id).await?;
        if !second_factor::accept(&state, &visitor, account.id, &sent.code).await? {
            let note = Note::new("sign_in.code_failed", None, account.id);
            record(&state.db, visitor.by(None), note).await?;
            return Ok(code_page(&state, &browser, Some("The code is not right.")));
        }
        attempts::pass_code(&state.db, &hash).await?;
        let attempt = Attempt {
            needs_code: false,
            used_code: true,
            ..attempt
        };
        if account.must_change_password {
            return Ok(next_step(&state, &attempt));
        }
        let (methods, flow) = (attempt.methods(), attempt.flow.as_deref());
        open(&state, &visitor, &request, &account, methods, flow).await
    };
    answer(work.await)
}

pub(super) async fn show_password(
    state: Data<State>,
    browser: Browser,
    request: HttpRequest,
) -> HttpResponse {
    let work = async {
        Ok(match unfinished(&state, &request).await? {
            Some((_, attempt, _)) if !attempt.needs_code => password_page(&state, &browser, None),
            _ => see_other(&state.path("/signin")),
        })
    };
    answer(work.await)
}

fn password_page(state: &State, browser: &Browser, objection: Option<&str>) -> HttpResponse {
    let body = html! {
        (html::alert(objection))
        p { "Your password was made for you and works only once. Choose your own." }
        form method="post" action=(state.path("/signin/password")) {
            (csrf(state, browser)) (html::new_password("New password"))
            button type="submit" { "Go on" }
        }
    };
    page_with(
        state,
        browser,
        status_of(objection),
        "Choose a password",
        &body,
    )
}

pub(super) async fn submit_password(
    state: Data<State>,
    browser: Browser,
    visitor: Visitor,
    request: HttpRequest,
    sent: Form<OwnPassword>,
) -> HttpResponse {
    let work = async {
        browser.expect(&state, &sent.csrf)?;
        let found = unfinished(&state, &request).await?;
        let found = found
            .filter(|(_, attempt, account)| !attempt.needs_code && account.must_change_password);
        let Some((_, attempt, account)) = found else {
            return Ok(see_other(&state.path("/signin")));
        };
        if state
            .passwords
            .is(&sent.new_password, &account.password_hash)
            .await?
        {
            let objection = Some("This is the password that was made for you.");
            return Ok(password_page(&state, &browser, objection));
        }
        let chosen = match accounts::choose(&state, &account.email, &sent.new_password).await? {
            Ok(chosen) => chosen,
            Err(objection) => return Ok(password_page(&state, &browser, Some(objection))),
        };
        let account = replace(&state, &visitor, account, chosen).await?;
        let (methods, flow) = (attempt.methods(), attempt.flow.as_deref());
        open(&state, &visitor, &request, &account, methods, flow).await
    };
    answer(work.await)
}

/// Everything that hangs on the password that was made by somebody else ends.
async fn replace(
    state: &State,
    visitor: &Visitor,
    account: Account,
    chosen: String,
) -> Result<Account, Fault> {
    let mut change = Change::begin(&state.db, visitor.by(Some(&account.id))).await?;
    accounts::set_password(change.transaction(), account.id, &chosen, false).await?;
    accounts::end_all(&change, account.id, None).await?;
    change.note(Note::new("password.changed", None, account.id));
    change.commit().await?;
    Ok(Account {
        password_hash: chosen,
        must_change_password: false,
        ..account
    })
}
