//! From a right password or passkey to a session, and from a cookie back to it.

use super::attempts::{self, Attempt};
use super::sessions::{self, Session};
use crate::browser::{self, cookie, removal};
use crate::change::{Change, record};
use crate::features::accounts::{self, Account};
use crate::features::limits::{self, Limit};
use crate::features::{oidc, second_factor};
use crate::html::see_other;
use crate::state::State;
use crate::visitor::Visitor;
use actix_web::cookie::time::Duration;
use actix_web::{HttpRequest, HttpResponse};
use audit::Note;
use fault::Fault;
use problem::{Code, Problem};
use serde_json::json;
use uuid::Uuid;

const SESSION: &str = "mvp_session";
const ATTEMPT: &str = "mvp_signin";
const TOKEN_LENGTH: usize = 43;

/// A session and whose it is.
pub(crate) struct Signed {
    pub(crate) session: Session,
    pub(crate) account: Account,
}

/// Who is signed in, in the browser that asks.
pub(crate) async fn current(state: &State, request: &HttpRequest) -> Result<Option<Signed>, Fault> {
    let Some(token) = browser::read(state, request, SESSION) else {
        return Ok(None);
    };
    let hash = state.vault.hash("session", &token);
    let idle_days = i32::from(state.settings.sessions.idle_days);
    let Some(session) = sessions::find(&state.db, &hash, idle_days).await? else {
        return Ok(None);
    };
    let account = accounts::find(&state.db, session.account).await?;
    let Some(account) = account.filter(|account| account.disabled_at.is_none()) else {
        return Ok(None);
    };
    sessions::touch(&state.db, session.id).await?;
    Ok(Some(Signed { session, account }))
}

/// As [`current`], for pages that are nothing without somebody.
pub(crate) async fn require(state: &State, request: &HttpRequest) -> Result<Signed, Fault> {
    current(state, request).await?.ok_or_else(|| {
        Problem::new(Code::Forbidden)
            .detail("You are not signed in any more. Sign in and try again.")
            .into()
    })
}

/// Why somebody who has proved who it is may not come in all the same.
pub(crate) async fn obstacle(
    state: &State,
    visitor: &Visitor,
    account: &Account,
    flow: Option<&str>,
) -> Result<Option<&'static str>, Fault> {
    if account.disabled_at.is_some() {
        let seen = json!({ "address": visitor.address.to_string() });
        let note = Note::new("sign_in.refused", None, account.id).after(&seen);
        record(&state.db, visitor.by(None), note).await?;
        return Ok(Some("This account is disabled."));
    }
    if state.settings.accounts.verify_email && !account.email_verified {
        let whose = account.email.to_lowercase();
        limits::take(state, visitor, Limit::MailAccount, &whose, Some(account.id)).await?;
        accounts::send_verification(state, visitor, account, flow).await?;
        return Ok(Some(
            "The e-mail address must be confirmed first: we have sent you a mail with a link.",
        ));
    }
    Ok(None)
}

/// The password was right: the next step, or a session at the end of all.
pub(crate) async fn proceed(
    state: &State,
    visitor: &Visitor,
    request: &HttpRequest,
    account: &Account,
    flow: Option<&str>,
) -> Result<HttpResponse, Fault> {
    let attempt = Attempt {
        account: account.id,
        flow: flow.map(str::to_owned),
        needs_code: second_factor::is_on(&state.db, account.id).await?,
        used_code: false,
    };
    if !attempt.needs_code && !account.must_change_password {
        return open(state, visitor, request, account, attempt.methods(), flow).await;
    }
    let token = vault::random_text(TOKEN_LENGTH);
    attempts::insert(&state.db, &state.vault.hash("attempt", &token), &attempt).await?;
    let mut response = next_step(state, &attempt);
    let lasting = Some(Duration::minutes(10));
    let _ = response.add_cookie(&cookie(state, ATTEMPT, &token, lasting));
    Ok(response)
}

/// Where an unfinished sign-in goes on.
pub(super) fn next_step(state: &State, attempt: &Attempt) -> HttpResponse {
    let step = if attempt.needs_code {
        "/signin/code"
    } else {
        "/signin/password"
    };
    see_other(&state.path(step))
}

/// The unfinished sign-in of the browser that asks.
pub(super) async fn unfinished(
    state: &State,
    request: &HttpRequest,
) -> Result<Option<(Vec<u8>, Attempt, Account)>, Fault> {
    let Some(token) = browser::read(state, request, ATTEMPT) else {
        return Ok(None);
    };
    let hash = state.vault.hash("attempt", &token);
    let Some(attempt) = attempts::find(&state.db, &hash).await? else {
        return Ok(None);
    };
    let account = accounts::find(&state.db, attempt.account).await?;
    let account = account.filter(|account| account.disabled_at.is_none());
    Ok(account.map(|account| (hash, attempt, account)))
}

/// All steps are done. `methods`: how the person has proved who it is (RFC 8176).
pub(crate) async fn open(
    state: &State,
    visitor: &Visitor,
    request: &HttpRequest,
    account: &Account,
    methods: &[&str],
    flow: Option<&str>,
) -> Result<HttpResponse, Fault> {
    let before = current(state, request).await?;
    let mut change = Change::begin(&state.db, visitor.by(Some(&account.id))).await?;
    // Whoever disables an account or changes its password meanwhile comes before or after this, not between.
    let living = accounts::lock(change.transaction(), account.id).await?;
    if living.is_none_or(|it| it.disabled_at.is_some() || it.password_hash != account.password_hash)
    {
        return Err(Fault::conflict(
            "The account has just changed. Sign in again.",
        ));
    }
    let renewed = before.as_ref().filter(|it| it.account.id == account.id);
    if let Some(other) = before.as_ref().filter(|it| it.account.id != account.id) {
        end(&mut change, other.session.id, other.account.id).await?;
    }
    let now = pg::now();
    let session = Session {
        id: renewed.map_or_else(Uuid::now_v7, |it| it.session.id),
        account: account.id,
        created_at: now,
        auth_time: now,
        methods: methods.iter().map(|it| (*it).to_owned()).collect(),
        last_seen_at: now,
        agent: visitor.agent.clone(),
        address: visitor.address.to_string(),
    };
    let token = vault::random_text(TOKEN_LENGTH);
    let hash = state.vault.hash("session", &token);
    let days = i32::from(state.settings.sessions.max_days);
    sessions::put(
        change.transaction(),
        &session,
        &hash,
        days,
        renewed.is_none(),
    )
    .await?;
    if let Some(token) = browser::read(state, request, ATTEMPT) {
        let hash = state.vault.hash("attempt", &token);
        attempts::delete(change.transaction(), &hash).await?;
    }
    let seen = json!({ "address": session.address, "methods": session.methods });
    change.note(Note::new("sign_in.succeeded", None, account.id).after(&seen));
    change.commit().await?;
    limits::forget(state, Limit::Account, &account.email.to_lowercase()).await?;
    limits::forget(state, Limit::Code, &account.id.to_string()).await?;
    let next = flow.map_or("/account".to_owned(), |flow| {
        format!("/authorize/continue?flow={flow}")
    });
    let mut response = see_other(&state.path(&next));
    let lasting = Some(Duration::days(i64::from(days)));
    let _ = response.add_cookie(&cookie(state, SESSION, &token, lasting));
    let _ = response.add_cookie(&removal(state, ATTEMPT));
    Ok(response)
}

/// Ends a session and its refresh tokens; those first, in the order in which `/token` takes both.
pub(super) async fn end(change: &mut Change, session: Uuid, account: Uuid) -> Result<bool, Fault> {
    oidc::end_session(change.transaction(), session, account).await?;
    let ended = sessions::delete(change.transaction(), session, account).await?;
    if ended {
        change
            .note(Note::new("session.ended", None, account).after(&json!({ "session": session })));
    }
    Ok(ended)
}

/// Signs the browser that asks out, if anybody is signed in.
pub(crate) async fn sign_out(
    state: &State,
    visitor: &Visitor,
    signed: Option<&Signed>,
    response: &mut HttpResponse,
) -> Result<(), Fault> {
    if let Some(signed) = signed {
        end_named(state, visitor, signed.session.id, signed.account.id).await?;
    }
    leave(state, response);
    Ok(())
}

/// Ends the session that an account's owner, or a token of it, names.
pub(crate) async fn end_named(
    state: &State,
    visitor: &Visitor,
    session: Uuid,
    account: Uuid,
) -> Result<(), Fault> {
    let mut change = Change::begin(&state.db, visitor.by(Some(&account))).await?;
    end(&mut change, session, account).await?;
    change.commit().await
}

/// Makes the browser forget its session.
pub(crate) fn leave(state: &State, response: &mut HttpResponse) {
    let _ = response.add_cookie(&removal(state, SESSION));
}
