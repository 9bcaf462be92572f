//! Cookies, and the proof that a form came from a page of ours.

use crate::state::State;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use fault::Fault;
use problem::{Code, Problem};
use std::future::{Ready, ready};

const BROWSER: &str = "mvp_browser";
const ID_LENGTH: usize = 43;
/// A page may stay open for so long before its form is sent.
const REMEMBERED: Duration = Duration::days(30);

/// A browser, whoever sits at it. Forms carry a hash of its id: another site can neither read nor guess it.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    id: String,
    is_new: bool,
}

impl Browser {
    /// What tells it from others.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// What a form must carry.
    pub(crate) fn csrf(&self, state: &State) -> String {
        hex(&state.vault.hash("csrf", &self.id))
    }

    /// Whether a form came from a page of ours.
    pub(crate) fn expect(&self, state: &State, csrf: &str) -> Result<(), Fault> {
        let sent = unhex(csrf).unwrap_or_default();
        if !self.is_new && state.vault.is_hash_of("csrf", &self.id, &sent) {
            return Ok(());
        }
        Err(Problem::new(Code::Forbidden)
            .detail("This page has grown old. Go back, load it again and repeat; cookies must be allowed.")
            .into())
    }

    /// Leaves the id with a new browser.
    pub(crate) fn keep(&self, state: &State, response: &mut HttpResponse) {
        if self.is_new {
            let cookie = cookie(state, BROWSER, &self.id, Some(REMEMBERED));
            // Only a name that cannot stand in a header fails.
            let _ = response.add_cookie(&cookie);
        }
    }
}

impl FromRequest for Browser {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let known = request
            .app_data::<Data<State>>()
            .and_then(|state| read(state, request, BROWSER))
            .filter(|id| id.len() == ID_LENGTH);
        let is_new = known.is_none();
        let id = known.unwrap_or_else(|| vault::random_text(ID_LENGTH));
        ready(Ok(Self { id, is_new }))
    }
}

/// A cookie that scripts and other sites do not get; for the session without `max_age`.
pub(crate) fn cookie(
    state: &State,
    name: &str,
    value: &str,
    max_age: Option<Duration>,
) -> Cookie<'static> {
    let mut cookie = Cookie::new(full_name(state, name), value.to_owned());
    cookie.set_path("/");
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Lax);
    cookie.set_secure(state.address.is_secure);
    cookie.set_max_age(max_age);
    cookie
}

/// What makes a browser forget a cookie.
pub(crate) fn removal(state: &State, name: &str) -> Cookie<'static> {
    cookie(state, name, "", Some(Duration::ZERO))
}

/// The value of a cookie of ours.
pub(crate) fn read(state: &State, request: &HttpRequest, name: &str) -> Option<String> {
    let cookie = request.cookie(&full_name(state, name))?;
    Some(cookie.value().to_owned()).filter(|value| !value.is_empty())
}

/// Over TLS browsers hold such a cookie to this host alone (RFC 6265bis).
fn full_name(state: &State, name: &str) -> String {
    if state.address.is_secure {
        format!("__Host-{name}")
    } else {
        name.to_owned()
    }
}

fn hex(bytes: &[u8]) -> String {
    audit::hex(bytes)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    digits
        .chunks(2)
        .map(|pair| {
            let pair = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(pair, 16).ok()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_is_read_back() {
        assert_eq!(unhex(&hex(&[0, 1, 255])).unwrap(), [0, 1, 255]);
        assert_eq!(unhex("zz"), None);
        assert_eq!(unhex("€"), None);
    }
}
