//! Which pages of other origins may read an answer: those of the clients.

use crate::state::State;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, HeaderValue, ORIGIN, VARY,
};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

/// Lets a client's page read the answer. No cookies: what is answered depends on the body or a token.
pub(super) fn allow(
    state: &State,
    request: &HttpRequest,
    mut response: HttpResponse,
) -> HttpResponse {
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("Origin"));
    let origin = request.headers().get(ORIGIN);
    let listed = origin.filter(|origin| {
        let text = origin.to_str().unwrap_or_default();
        state.settings.client_origins().iter().any(|it| it == text)
    });
    if let Some(origin) = listed {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
    response
}

/// What a browser asks beforehand.
pub(super) async fn preflight(state: Data<State>, request: HttpRequest) -> HttpResponse {
    let response = HttpResponse::NoContent()
        .insert_header((ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"))
        .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"))
        .insert_header((ACCESS_CONTROL_MAX_AGE, "600"))
        .finish();
    allow(&state, &request, response)
}
