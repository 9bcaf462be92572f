//! Adding a passkey: first the password, then the device's answer.

use super::manage::{self, overview};
use crate::browser::Browser;
use crate::change::{Change, record};
use crate::features::accounts::{self, Account, knows_password};
use crate::features::passkeys::domain::encoding::encode;
use crate::features::passkeys::domain::key::ALGORITHMS;
use crate::features::passkeys::domain::objection::Objection;
use crate::features::passkeys::domain::registration::{NewPasskey, Registration};
use crate::features::passkeys::notices;
use crate::features::passkeys::passkeys::{self, Passkey};
use crate::features::passkeys::questions::{Question, TIMEOUT_MS, party};
use crate::features::sessions::{self, Signed};
use crate::html::{answer, see_other};
use crate::state::State;
use crate::visitor::Visitor;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use audit::Note;
use fault::Fault;
use problem::{Code, Problem};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// At most so many a person.
pub(super) const MOST: usize = 20;
const FULL: &str = "There can be no more than 20 passkeys. Remove one first.";
const HANDLE_LENGTH: usize = 43;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    csrf: String,
    name: String,
    password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Added {
    csrf: String,
    name: String,
    client_data: String,
    authenticator_data: String,
    algorithm: i32,
    public_key: String,
}

fn refused(text: &str) -> Problem {
    Problem::new(Code::Forbidden).detail(text)
}

/// For the script: the question as `navigator.credentials.create` takes it. The password is asked for here, so that no
/// passkey is made on a device and then refused; a session that was left open must not be enough to get one.
pub(super) async fn ask(
    state: Data<State>,
    browser: Browser,
    visitor: Visitor,
    request: HttpRequest,
    sent: Form<Ask>,
) -> Result<HttpResponse, Problem> {
    browser.expect(&state, &sent.csrf)?;
    let signed = sessions::require(&state, &request).await?;
    let account = &signed.account;
    manage::name(&sent.name).map_err(refused)?;
    let known = passkeys::list(&state.db, account.id).await;
    let known = known.map_err(Fault::from)?;
    if known.len() >= MOST {
        return Err(refused(FULL));
    }
    if !knows_password(&state, &visitor, account, &sent.password).await? {
        return Err(refused("The password is not right."));
    }
    let fresh = vault::random_text(HANDLE_LENGTH);
    let handle = passkeys::handle(&state.db, account.id, fresh.as_bytes()).await;
    let handle = handle.map_err(Fault::from)?;
    let challenge = Question::add(&signed).ask(&state).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "no-store"));
    Ok(response.json(question(&state, account, &handle, &known, &challenge)))
}

fn question(
    state: &State,
    account: &Account,
    handle: &[u8],
    known: &[Passkey],
    challenge: &str,
) -> Value {
    let credential = |id: &[u8]| json!({ "type": "public-key", "id": encode(id) });
    let known: Vec<_> = known
        .iter()
        .map(|it| credential(&it.credential_id))
        .collect();
    let kinds = ALGORITHMS.map(|it| json!({ "type": "public-key", "alg": it.number() }));
    json!({
        "challenge": challenge,
        "rp": { "id": party(state).id, "name": "MotoVaultPro" },
        "user": { "id": encode(handle), "name": account.email, "displayName": account.name },
        "pubKeyCredParams": kinds,
        "excludeCredentials": known,
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": true,
            "userVerification": "required",
        },
        "attestation": "none",
        "timeout": TIMEOUT_MS,
    })
}

pub(super) async fn submit(
    state: Data<State>,
    browser: Browser,
    visitor: Visitor,
    request: HttpRequest,
    sent: Form<Added>,
) -> HttpResponse {
    answer(try_submit(&state, &browser, &visitor, &request, &sent).await)
}

async fn try_submit(
    state: &State,
    browser: &Browser,
    visitor: &Visitor,
    request: &HttpRequest,
    sent: &Added,
) -> Result<HttpResponse, Fault> {
    browser.expect(state, &sent.csrf)?;
    let signed = sessions::require(state, request).await?;
    let refuse = async |text| overview(state, browser, visitor, &signed, Some(text)).await;
    let name = match manage::name(&sent.name) {
        Ok(name) => name,
        Err(text) => return refuse(text).await,
    };
    let objection = match judge(state, &signed, sent).await? {
        Ok(passkey) => match keep(state, visitor, signed.account.id, name, &passkey).await? {
            Kept::Yes => return Ok(see_other(&state.path("/account/passkeys"))),
            Kept::Full => return refuse(FULL).await,
            Kept::Taken => Objection::Taken,
        },
        Err(objection) => objection,
    };
    let reason = json!({ "reason": objection.as_str() });
    let note = Note::new("passkey.refused", None, signed.account.id).after(&reason);
    record(&state.db, visitor.by(Some(&signed.account.id)), note).await?;
    refuse(text(objection)).await
}

async fn judge(
    state: &State,
    signed: &Signed,
    sent: &Added,
) -> Result<Result<NewPasskey, Objection>, Fault> {
    let read = Registration::read(
        &sent.client_data,
        &sent.authenticator_data,
        sent.algorithm,
        &sent.public_key,
    );
    let Some(registration) = read else {
        return Ok(Err(Objection::Unreadable));
    };
    let challenge = &registration.client_data.challenge;
    if !Question::add(signed).take(state, challenge).await? {
        return Ok(Err(Objection::Challenge));
    }
    Ok(registration.judge(party(state)))
}

enum Kept {
    Yes,
    Full,
    Taken,
}

async fn keep(
    state: &State,
    visitor: &Visitor,
    account: Uuid,
    name: &str,
    passkey: &NewPasskey,
) -> Result<Kept, Fault> {
    let mut change = Change::begin(&state.db, visitor.by(Some(&account))).await?;
    // Two that come at once are counted one after the other, and whoever is disabled meanwhile gets none.
    let living = accounts::lock(change.transaction(), account).await?;
    let living = living.filter(|it| it.disabled_at.is_none());
    let account = living.ok_or_else(|| Fault::conflict("The account has just changed."))?;
    let count = passkeys::count(change.transaction(), account.id).await?;
    if usize::try_from(count).is_ok_and(|count| count >= MOST) {
        return Ok(Kept::Full);
    }
    let id = Uuid::now_v7();
    if !passkeys::insert(change.transaction(), id, account.id, name, passkey).await? {
        return Ok(Kept::Taken);
    }
    notices::tell_added(state, change.transaction(), &account, name).await?;
    change.note(Note::new("passkey.added", None, account.id).after(&json!({ "passkey": id })));
    change.commit().await?;
    state.outbox.ring();
    Ok(Kept::Yes)
}

/// What people are told.
const fn text(objection: Objection) -> &'static str {
    match objection {
        Objection::Challenge => "That took too long. Try again.",
        Objection::Taken => "This passkey is in use already.",
        Objection::PublicKey => "This device makes passkeys of a kind that is not known here.",
        Objection::UserVerification => {
            "Your device must ask for your fingerprint, your face or its PIN, and did not."
        }
        _ => "The passkey was not accepted. Try again.",
    }
}
