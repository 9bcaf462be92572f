//! A client of the provider, by plain HTTP.

use crate::house::{CALLBACK, CLIENT, House};
use crate::person::{Page, Person};
use serde_json::Value;
use std::collections::BTreeMap;

/// The example of RFC 7636.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// An authorization request; `more` is added to, or replaces, what is usual.
pub(crate) fn question(more: &[(&str, &str)]) -> String {
    let mut all: BTreeMap<&str, &str> = BTreeMap::from([
        ("client_id", CLIENT),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid email profile offline_access"),
        ("state", "st&te"),
        ("nonce", "n-0S6_WzA2Mj"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    all.extend(more.iter().copied());
    let query: Vec<String> = all
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    format!("/authorize?{}", query.join("&"))
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// What came back to the client.
pub(crate) fn answer(page: &Page) -> BTreeMap<String, String> {
    page.is(303);
    let url = reqwest::Url::parse(page.location()).unwrap();
    assert!(page.location().starts_with(CALLBACK), "{}", page.location());
    url.query_pairs()
        .map(|(k, v)| (k.into_owned(), v.into_owned()))
        .collect()
}

/// A code for somebody who is signed in.
pub(crate) async fn code(person: &Person, more: &[(&str, &str)]) -> String {
    answer(&person.get(&question(more)).await)["code"].clone()
}

pub(crate) async fn post(house: &House, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let sent = client
        .post(format!("{}{path}", house.url))
        .form(form)
        .send();
    let answer = sent.await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

pub(crate) async fn redeem(house: &House, code: &str) -> (u16, Value) {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT),
        ("redirect_uri", CALLBACK),
        ("code", code),
        ("code_verifier", VERIFIER),
    ];
    post(house, "/token", &form).await
}

pub(crate) async fn refresh(house: &House, token: &str) -> (u16, Value) {
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", CLIENT),
        ("refresh_token", token),
    ];
    post(house, "/token", &form).await
}

/// Tokens for somebody who is signed in.
pub(crate) async fn tokens(house: &House, person: &Person) -> Value {
    let (status, tokens) = redeem(house, &code(person, &[]).await).await;
    assert_eq!(status, 200, "{tokens}");
    tokens
}

pub(crate) async fn bearer(house: &House, path: &str, token: &str) -> (u16, Value) {
    send(house, reqwest::Method::GET, path, token, None).await
}

pub(crate) async fn send(
    house: &House,
    method: reqwest::Method,
    path: &str,
    token: &str,
    body: Option<Value>,
) -> (u16, Value) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client
        .request(method, format!("{}{path}", house.url))
        .bearer_auth(token);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// The claims of a token, unchecked.
pub(crate) fn claims(token: &str) -> Value {
    part(token, 1)
}

pub(crate) fn part(token: &str, nth: usize) -> Value {
    let text = token.split('.').nth(nth).unwrap();
    serde_json::from_slice(&unbase64(text)).unwrap()
}

/// Base64 for URLs, by hand: a client of its own.
pub(crate) fn unbase64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bits, mut held, mut bytes) = (0_u32, 0_u32, Vec::new());
    for byte in text.bytes() {
        let value = ALPHABET.iter().position(|it| *it == byte).unwrap();
        bits = (bits << 6) | u32::try_from(value).unwrap();
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).unwrap());
        }
    }
    bytes
}
