//! `/signin/passkey`: signing in without a password, and without saying who one is.

use crate::browser::Browser;
use crate::change::{Change, record};
use crate::features::accounts::{self, Account};
use crate::features::limits::{self, Limit};
use crate::features::passkeys::domain::assertion::{Assertion, Sent};
use crate::features::passkeys::domain::objection::Objection;
use crate::features::passkeys::passkeys::{self, Found};
use crate::features::passkeys::questions::{Question, TIMEOUT_MS, party};
use crate::features::sessions;
use crate::html::{answer, csrf, flow_field, flow_name};
use crate::state::State;
use crate::visitor::Visitor;
use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use audit::Note;
use fault::Fault;
use maud::{Markup, html};
use problem::Problem;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

/// A key that its owner holds, its owner's touch, and what the device asked besides (RFC 8176).
const METHODS: [&str; 3] = ["pop", "user", "mfa"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    csrf: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignIn {
    csrf: String,
    flow: Option<String>,
    id: String,
    user_handle: String,
    client_data: String,
    authenticator_data: String,
    signature: String,
}

/// The part of the sign-in page about passkeys: it shows where the script finds that the browser has them.
pub(crate) fn form(state: &State, browser: &Browser, flow: Option<&str>) -> Markup {
    html! {
        form method="post" action=(state.path("/signin/passkey")) data-passkey="get"
            data-question=(state.path("/signin/passkey/question")) hidden {
            (csrf(state, browser)) (flow_field(flow))
            p.alert role="alert" hidden {}
            button.plain type="submit" { "Sign in with a passkey" }
        }
    }
}

/// For the script: the question as `navigator.credentials.get` takes it.
pub(super) async fn ask(
    state: Data<State>,
    browser: Browser,
    sent: Form<Ask>,
) -> Result<HttpResponse, Problem> {
    browser.expect(&state, &sent.csrf)?;
    let question = json!({
        "challenge": Question::sign_in(&browser).ask(&state).await?,
        "rpId": party(&state).id,
        "userVerification": "required",
        "timeout": TIMEOUT_MS,
    });
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "no-store"));
    Ok(response.json(question))
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
    let flow = flow_name(sent.flow.as_deref());
    let refuse = |status, text| sessions::refuse(state, browser, "", flow, status, text);
    // An account's own limit is for what can be guessed. Who guesses at its password must not keep its owner out.
    limits::take(state, visitor, Limit::Address, &visitor.network(), None).await?;
    let account = match prove(state, browser, visitor, sent).await? {
        Ok(account) => account,
        Err((objection, account)) => {
            note(state, visitor, objection, account).await?;
            return Ok(refuse(StatusCode::UNPROCESSABLE_ENTITY, text(objection)));
        }
    };
    // From here on it is known to be the person, who may be told more.
    if let Some(objection) = sessions::obstacle(state, visitor, &account, flow).await? {
        return Ok(refuse(StatusCode::FORBIDDEN, objection));
    }
    sessions::open(state, visitor, request, &account, &METHODS, flow).await
}

/// Why somebody is not let in, and whose passkey it was, if that is known.
type Refusal = (Objection, Option<Uuid>);

async fn prove(
    state: &State,
    browser: &Browser,
    visitor: &Visitor,
    sent: &SignIn,
) -> Result<Result<Account, Refusal>, Fault> {
    let sent = Sent {
        credential_id: &sent.id,
        user_handle: &sent.user_handle,
        client_data: &sent.client_data,
        authenticator_data: &sent.authenticator_data,
        signature: &sent.signature,
    };
    let Some(assertion) = Assertion::read(sent) else {
        return Ok(Err((Objection::Unreadable, None)));
    };
    let challenge = &assertion.client_data.challenge;
    if !Question::sign_in(browser).take(state, challenge).await? {
        return Ok(Err((Objection::Challenge, None)));
    }
    let Some(found) = passkeys::find(&state.db, &assertion.credential_id).await? else {
        return Ok(Err((Objection::Unknown, None)));
    };
    let refused = |objection| Ok(Err((objection, Some(found.account))));
    let counter = match assertion.judge(party(state), &found.known) {
        Ok(counter) => counter,
        Err(objection) => return refused(objection),
    };
    if !count(state, visitor, &found, counter).await? {
        return refused(Objection::Counter);
    }
    let account = accounts::find(&state.db, found.account).await?;
    Ok(account.ok_or((Objection::Unknown, Some(found.account))))
}

/// Of two copies of a key one counts behind the other.
async fn count(
    state: &State,
    visitor: &Visitor,
    found: &Found,
    counter: u32,
) -> Result<bool, Fault> {
    let change = Change::begin(&state.db, visitor.by(Some(&found.account))).await?;
    let is_further = passkeys::use_it(change.transaction(), found.id, counter).await?;
    change.commit().await?;
    Ok(is_further)
}

async fn note(
    state: &State,
    visitor: &Visitor,
    objection: Objection,
    account: Option<Uuid>,
) -> Result<(), Fault> {
    let subject = account.map_or_else(|| "nobody".to_owned(), |id| id.to_string());
    let seen = json!({
        "address": visitor.address.to_string(),
        "method": "passkey",
        "reason": objection.as_str(),
    });
    let note = Note::new("sign_in.failed", None, subject).after(&seen);
    record(&state.db, visitor.by(None), note).await
}

/// What people are told.
const fn text(objection: Objection) -> &'static str {
    match objection {
        Objection::Challenge => "That took too long. Try again.",
        Objection::Unknown => {
            "This passkey is not known here any more. Sign in with your password."
        }
        Objection::UserVerification => {
            "Your device must ask for your fingerprint, your face or its PIN, and did not."
        }
        Objection::Counter => {
            "There may be a copy of this passkey, so it was not accepted. Sign in with your password and remove it."
        }
        _ => "The passkey was not accepted. Try again, or sign in with your password.",
    }
}
