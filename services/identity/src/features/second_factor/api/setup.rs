//! `/account/second-factor`.

use crate::browser::Browser;
use crate::change::Change;
use crate::features::accounts::knows_password;
use crate::features::limits::{self, Limit};
use crate::features::second_factor::domain::totp;
use crate::features::second_factor::{factors, is_on, proving};
use crate::features::sessions;
use crate::html::{self, Field, answer, csrf, page, page_with, see_other};
use crate::state::State;
use crate::visitor::Visitor;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use audit::Note;
use fault::Fault;
use maud::{Markup, PreEscaped, html};
use problem::{Code, Problem};
use qrcode::QrCode;
use qrcode::render::svg;
use serde::Deserialize;
use uuid::Uuid;

const TITLE: &str = "Second factor";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FirstCode {
    csrf: String,
    password: String,
    code: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Off {
    csrf: String,
    password: String,
}

/// The part of the account's page about the second factor.
pub(crate) async fn section(
    state: &State,
    browser: &Browser,
    account: Uuid,
) -> Result<Markup, Fault> {
    let is_on = is_on(&state.db, account).await?;
    Ok(html! {
        h2 { (TITLE) }
        @if is_on {
            p { "On: signing in takes a code of your authenticator app." }
            details {
                summary { "Turn it off" }
                form method="post" action=(state.path("/account/second-factor/off")) {
                    (csrf(state, browser))
                    p.field { label { "Password" input name="password" type="password" autocomplete="current-password" required; } }
                    button.danger type="submit" { "Turn off" }
                }
            }
        } @else {
            p { "Off. " a href=(state.path("/account/second-factor")) { "Turn it on" } }
        }
    })
}

pub(super) async fn show(
    state: Data<State>,
    browser: Browser,
    request: HttpRequest,
) -> HttpResponse {
    let work = async {
        let Some(signed) = sessions::current(&state, &request).await? else {
            return Ok(see_other(&state.path("/signin")));
        };
        let account = signed.account;
        let Some(secret) = proving::begin(&state, account.id).await? else {
            return Ok(see_other(&state.path("/account")));
        };
        let body = form(&state, &browser, &secret, &account.email, None)?;
        Ok(page(&state, &browser, TITLE, &body))
    };
    answer(work.await)
}

fn form(
    state: &State,
    browser: &Browser,
    secret: &[u8],
    email: &str,
    objection: Option<&str>,
) -> Result<Markup, Fault> {
    let secret = totp::base32(secret);
    let email: String = form_urlencoded::byte_serialize(email.as_bytes()).collect();
    let uri = format!("otpauth://totp/MotoVaultPro:{email}?secret={secret}&issuer=MotoVaultPro");
    let code = QrCode::new(uri.as_bytes());
    let code = code.map_err(|error| Fault::broken("a picture cannot be made", error))?;
    let picture = code.render::<svg::Color<'_>>().quiet_zone(false).build();
    // Without the declaration of a file of its own.
    let picture = picture.split_once("?>").map_or("", |(_, svg)| svg);
    let field = Field {
        name: "code",
        label: "Code",
        kind: "text",
        autocomplete: "one-time-code",
        value: "",
        hint: Some("The six digits that the app shows now."),
    };
    Ok(html! {
        (html::alert(objection))
        p { "Scan this with an authenticator app, then enter the code that it shows." }
        div.qr role="img" aria-label="A picture for an authenticator app; the same as text is below" { (PreEscaped(picture)) }
        p.soft { "Or enter this secret: " code { (secret) } }
        form method="post" action=(state.path("/account/second-factor")) {
            (csrf(state, browser))
            (html::password("password", "Password"))
            (field.show())
            button type="submit" { "Turn on" }
        }
        p { a href=(state.path("/account")) { "Back" } }
    })
}

pub(super) async fn confirm(
    state: Data<State>,
    browser: Browser,
    visitor: Visitor,
    request: HttpRequest,
    sent: Form<FirstCode>,
) -> HttpResponse {
    let work = async {
        browser.expect(&state, &sent.csrf)?;
        let account = sessions::require(&state, &request).await?.account;
        // A session that was left open must not be enough to lock its owner out.
        let objection = if knows_password(&state, &visitor, &account, &sent.password).await? {
            let (whose, id) = (account.id.to_string(), Some(account.id));
            limits::take(&state, &visitor, Limit::Code, &whose, id).await?;
            if let Some(codes) = proving::confirm(&state, &visitor, account.id, &sent.code).await? {
                limits::forget(&state, Limit::Code, &whose).await?;
                return Ok(recovery_codes(&state, &browser, &codes));
            }
            "The code is not right. Is the clock of the device right?"
        } else {
            "The password is not right."
        };
        let Some((secret, _)) = proving::secret(&state, account.id, false).await? else {
            return Ok(see_other(&state.path("/account")));
        };
        let body = form(&state, &browser, &secret, &account.email, Some(objection))?;
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Ok(page_with(&state, &browser, status, TITLE, &body))
    };
    answer(work.await)
}

fn recovery_codes(state: &State, browser: &Browser, codes: &[String]) -> HttpResponse {
    let body = html! {
        p { "The second factor is on. Keep these recovery codes somewhere safe: each replaces the app once. They are not shown again." }
        ul.codes { @for code in codes { li { (code) } } }
        p { a href=(state.path("/account")) { "To your account" } }
    };
    page(state, browser, "Recovery codes", &body)
}

pub(super) async fn turn_off(
    state: Data<State>,
    browser: Browser,
    visitor: Visitor,
    request: HttpRequest,
    sent: Form<Off>,
) -> HttpResponse {
    let work = async {
        browser.expect(&state, &sent.csrf)?;
        let account = sessions::require(&state, &request).await?.account;
        if !knows_password(&state, &visitor, &account, &sent.password).await? {
            let problem = Problem::new(Code::Forbidden);
            return Err(problem.detail("The password is not right.").into());
        }
        let mut change = Change::begin(&state.db, visitor.by(Some(&account.id))).await?;
        factors::purge(change.transaction(), account.id).await?;
        change.note(Note::new("second_factor.disabled", None, account.id));
        change.commit().await?;
        Ok(see_other(&state.path("/account")))
    };
    answer(work.await)
}
