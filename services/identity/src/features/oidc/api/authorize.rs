//! `/authorize`: from a client's question to a code.

use crate::change::Change;
use crate::features::oidc::codes::{self, Code};
use crate::features::oidc::domain::parameters::Parameters;
use crate::features::oidc::domain::question::{Prompt, Question};
use crate::features::oidc::families::{self, Family};
use crate::features::oidc::requests::{self, Request};
use crate::features::oidc::tokens;
use crate::features::sessions::{self, Signed};
use crate::html::{answer, flow_name, flow_query, see_other};
use crate::state::State;
use crate::visitor::Visitor;
use actix_web::web::{Bytes, Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use fault::Fault;
use jiff::SignedDuration;
use problem::{Code as Kind, Problem};
use serde::Deserialize;
use uuid::Uuid;

const FLOW_LENGTH: usize = 32;
const CODE_LENGTH: usize = 43;

pub(super) async fn by_get(
    state: Data<State>,
    visitor: Visitor,
    request: HttpRequest,
) -> HttpResponse {
    let query = request.query_string().as_bytes();
    answer(authorize(&state, &visitor, &request, query).await)
}

pub(super) async fn by_post(
    state: Data<State>,
    visitor: Visitor,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    answer(authorize(&state, &visitor, &request, &body).await)
}

/// What the person sees when nobody can be answered.
fn unusable(detail: &str) -> Fault {
    let problem = Problem::new(Kind::BadRequest);
    problem.detail(detail).into()
}

async fn authorize(
    state: &State,
    visitor: &Visitor,
    request: &HttpRequest,
    encoded: &[u8],
) -> Result<HttpResponse, Fault> {
    let parameters = Parameters::parse(encoded);
    let parameters = parameters.ok_or_else(|| unusable("The program's request cannot be read."))?;
    let client_id = parameters.get("client_id").unwrap_or_default();
    let client = state.settings.clients.get(client_id);
    let client = client.ok_or_else(|| unusable("The program that sent you is not known here."))?;
    let redirect_uri = parameters.get("redirect_uri").unwrap_or_default();
    // To the letter: whoever is sent elsewhere takes the code there.
    if !client.redirect_uris.0.iter().any(|uri| uri == redirect_uri) {
        return Err(unusable(
            "The program that sent you wants the answer at an address that is not its own.",
        ));
    }
    let asked = Asked {
        client_id,
        redirect_uri,
        state: parameters.get("state"),
    };
    let question = match Question::read(&parameters) {
        Ok(question) => question,
        Err((error, text)) => return Ok(asked.refuse(state, error, text)),
    };
    let signed = sessions::current(state, request).await?;
    let hint = match &question.id_token_hint {
        Some(token) => tokens::read_hint(state, token).await?,
        None => None,
    };
    let expected = hint.map(|hint| hint.sub);
    let fits = signed.filter(|signed| answers(signed, &question, expected));
    match (fits, question.prompt) {
        (Some(signed), Prompt::Needed | Prompt::Nothing) => {
            let request = asked.request(question, false, expected);
            give_code(state, visitor, &signed, request, None).await
        }
        (_, Prompt::Nothing) => Ok(asked.refuse(state, "login_required", "nobody is signed in")),
        (_, prompt) => {
            let flow = vault::random_text(FLOW_LENGTH);
            let must_be_new = prompt == Prompt::SignIn || question.max_age.is_some();
            let request = asked.request(question, must_be_new, expected);
            requests::insert(&state.db, &flow, &request).await?;
            let page = if prompt == Prompt::SignUp {
                "/signup"
            } else {
                "/signin"
            };
            Ok(see_other(
                &state.path(&format!("{page}{}", flow_query(Some(&flow)))),
            ))
        }
    }
}

/// Whether a session answers a question without the person doing anything.
fn answers(signed: &Signed, question: &Question, expected: Option<Uuid>) -> bool {
    let age = pg::now().duration_since(signed.session.auth_time);
    let is_young = question
        .max_age
        .is_none_or(|most| age <= SignedDuration::from_secs(most));
    is_young && expected.is_none_or(|sub| sub == signed.account.id)
}

/// Who asked, and where the answer goes.
struct Asked<'a> {
    client_id: &'a str,
    redirect_uri: &'a str,
    state: Option<&'a str>,
}

impl Asked<'_> {
    fn request(&self, question: Question, must_be_new: bool, account: Option<Uuid>) -> Request {
        Request {
            client_id: self.client_id.to_owned(),
            redirect_uri: self.redirect_uri.to_owned(),
            scope: question.scope,
            state: question.state,
            nonce: question.nonce,
            code_challenge: question.code_challenge,
            login_hint: question.login_hint,
            signed_after: must_be_new.then(pg::now),
            account,
        }
    }

    fn refuse(&self, state: &State, error: &str, text: &str) -> HttpResponse {
        let answer = [("error", error), ("error_description", text)];
        reply(state, self.redirect_uri, self.state, &answer)
    }
}

/// Sends the browser back to the client.
fn reply(
    state: &State,
    redirect_uri: &str,
    client_state: Option<&str>,
    answer: &[(&str, &str)],
) -> HttpResponse {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(answer);
    if let Some(client_state) = client_state {
        query.append_pair("state", client_state);
    }
    // RFC 9207: a client that knows several providers must be able to tell them apart.
    query.append_pair("iss", &state.settings.issuer);
    let joint = if redirect_uri.contains('?') { '&' } else { '?' };
    see_other(&format!("{redirect_uri}{joint}{}", query.finish()))
}

#[derive(Deserialize)]
pub(super) struct FlowQuery {
    flow: String,
}

/// `/authorize/continue`: after the sign-in.
pub(super) async fn go_on(
    state: Data<State>,
    visitor: Visitor,
    request: HttpRequest,
    query: Query<FlowQuery>,
) -> HttpResponse {
    let work = async {
        let flow = flow_name(Some(&query.flow)).unwrap_or_default();
        let found = requests::find(&state.db, flow).await?;
        let Some(waiting) = found else {
            return Err(unusable(
                "This sign-in has ended, or is done already. Go back to the program and begin again.",
            ));
        };
        let signed = sessions::current(&state, &request).await?;
        let signed = signed.filter(|signed| {
            let since = waiting.signed_after;
            since.is_none_or(|since| signed.session.auth_time >= since)
        });
        match signed {
            Some(signed) if waiting.account.is_some_and(|it| it != signed.account.id) => {
                refuse_other(&state, &visitor, &signed, &waiting, flow).await
            }
            Some(signed) => give_code(&state, &visitor, &signed, waiting, Some(flow)).await,
            None => Ok(see_other(
                &state.path(&format!("/signin{}", flow_query(Some(flow)))),
            )),
        }
    };
    answer(work.await)
}

/// Somebody else has signed in than the client's hint names: that person's code is not given in the other's stead (OpenID
/// Connect Core 1.0 §3.1.2.2).
async fn refuse_other(
    state: &State,
    visitor: &Visitor,
    signed: &Signed,
    request: &Request,
    flow: &str,
) -> Result<HttpResponse, Fault> {
    let change = Change::begin(&state.db, visitor.by(Some(&signed.account.id))).await?;
    take(&change, flow).await?;
    change.commit().await?;
    let text = "somebody else has signed in than id_token_hint names";
    let answer = [("error", "login_required"), ("error_description", text)];
    let client_state = request.state.as_deref();
    Ok(reply(state, &request.redirect_uri, client_state, &answer))
}

async fn take(change: &Change, flow: &str) -> Result<(), Fault> {
    if requests::take(change.transaction(), flow).await? {
        return Ok(());
    }
    Err(unusable("This sign-in is done already."))
}

async fn give_code(
    state: &State,
    visitor: &Visitor,
    signed: &Signed,
    request: Request,
    flow: Option<&str>,
) -> Result<HttpResponse, Fault> {
    let change = Change::begin(&state.db, visitor.by(Some(&signed.account.id))).await?;
    if let Some(flow) = flow {
        take(&change, flow).await?;
    }
    let session = &signed.session;
    // Whoever ends the session at this moment comes before, or after it and ends the code with it.
    if !sessions::hold(change.transaction(), session.id).await? {
        return Err(Fault::conflict(
            "You have just been signed out. Sign in again.",
        ));
    }
    let code = Code {
        family: Family {
            id: Uuid::now_v7(),
            client_id: request.client_id,
            account: signed.account.id,
            session: session.id,
            scope: request.scope,
            auth_time: session.auth_time,
            methods: session.methods.clone(),
            is_over: false,
        },
        redirect_uri: request.redirect_uri,
        nonce: request.nonce,
        challenge: request.code_challenge,
        was_used: false,
        is_late: false,
    };
    let text = vault::random_text(CODE_LENGTH);
    let tokens = &state.settings.tokens;
    let days = i32::from(tokens.refresh_max_days);
    families::insert(change.transaction(), &code.family, days).await?;
    let hash = state.vault.hash("code", &text);
    codes::insert(change.transaction(), &hash, &code, f64::from(tokens.code_s)).await?;
    change.commit().await?;
    let answer = [("code", text.as_str())];
    Ok(reply(
        state,
        &code.redirect_uri,
        request.state.as_deref(),
        &answer,
    ))
}
