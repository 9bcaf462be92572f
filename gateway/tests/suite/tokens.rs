//! Tokens at the door: what passes, what the upstream is told, and what the client is.

use crate::door::{Door, KEY};
use crate::upstream::{Upstream, ok};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

/// An issuer on loopback with one key, and a door whose routes `/open` and `/private` want its tokens.
struct Guarded {
    door: Door,
    issuer: Upstream,
    signing: EncodingKey,
}

fn guarded() -> Guarded {
    let pair = rcgen::KeyPair::generate().unwrap();
    let signing = EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).unwrap();
    let jwk = Jwk::from_encoding_key(&signing, Algorithm::ES256).unwrap();
    let mut jwk = serde_json::to_value(jwk).unwrap();
    jwk["kid"] = json!("k1");
    let keys = json!({"keys": [jwk]}).to_string();
    let issuer = Upstream::start(move |_, socket| {
        let length = keys.len();
        write!(
            socket,
            "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{keys}"
        )
        .is_ok()
    });
    let url = format!("http://{}/keys", issuer.address);
    let door = Door::with(Upstream::start(ok), |settings| {
        for route in settings["routes"].as_array_mut().unwrap() {
            let scopes = match route["prefix"].as_str().unwrap() {
                "/open" => json!([]),
                "/private" => json!(["vehicles:write"]),
                _ => continue,
            };
            route["token"] =
                json!({"issuer": "us", "audience": "app", "jwks_url": url, "scopes": scopes});
            route["forward_token"] = json!(route["prefix"] == "/private");
            route["limits"] = json!([{"by": "user", "rate": 1000, "per_s": 3600}]);
        }
    });
    Guarded {
        door,
        issuer,
        signing,
    }
}

impl Guarded {
    fn token(&self, change: impl FnOnce(&mut Value)) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let mut claims = json!({
            "iss": "us", "aud": "app", "sub": "auth0|anna", "exp": now.as_secs() + 600,
        });
        change(&mut claims);
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some("k1".to_owned());
        encode(&header, &claims, &self.signing).unwrap()
    }
}

fn get(path: &str, authorization: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: t\r\nX-API-Key: mvp_svc_other_0123456789abcdef\r\n\
         X-User-Id: root\r\n{authorization}\r\n"
    )
}

fn bearer(path: &str, token: &str) -> String {
    get(path, &format!("Authorization: Bearer {token}\r\n"))
}

#[test]
fn the_upstream_learns_the_subject_from_the_gateway_alone() {
    let guarded = guarded();
    let door = &guarded.door;
    let token = guarded.token(|_| {});
    assert_eq!(door.ask(bearer("/open", &token)).status, 200);
    let seen = door.upstream.last();
    assert_eq!(seen.header("x-user-id").as_deref(), Some("auth0|anna"));
    assert_eq!(seen.header("authorization"), None);
    // A route without tokens passes the header on, and says nothing of a user.
    assert_eq!(door.ask(bearer("/big", "theirs")).status, 200);
    let seen = door.upstream.last();
    assert_eq!(seen.header("x-user-id"), None);
    assert_eq!(
        seen.header("authorization").as_deref(),
        Some("Bearer theirs")
    );
    assert_eq!(guarded.issuer.seen().len(), 1);
}

#[test]
fn each_failure_has_a_code_and_a_challenge_and_reaches_no_upstream() {
    let guarded = guarded();
    let door = &guarded.door;
    let expired = guarded.token(|claims| claims["exp"] = json!(1_700_000_000));
    let foreign = guarded.token(|claims| claims["aud"] = json!("others"));
    let good = guarded.token(|_| {});
    for (request, status, code, challenge) in [
        (get("/open", ""), 401, "token_missing", "Bearer"),
        (
            get("/open", "Authorization: Basic eDp5\r\n"),
            401,
            "token_missing",
            "Bearer",
        ),
        (
            bearer("/open", "a.b.c"),
            401,
            "token_invalid",
            "Bearer error=\"invalid_token\"",
        ),
        (
            bearer("/open", &foreign),
            401,
            "token_invalid",
            "Bearer error=\"invalid_token\"",
        ),
        (
            bearer("/open", &expired),
            401,
            "token_expired",
            "Bearer error=\"invalid_token\", error_description=\"The token has expired\"",
        ),
        (
            bearer("/private", &good),
            403,
            "forbidden",
            "Bearer error=\"insufficient_scope\"",
        ),
        // The key comes before the token.
        (
            bearer("/private", &good).replace("other", "wrong"),
            401,
            "api_key_unknown",
            "ApiKey header=\"X-API-Key\"",
        ),
    ] {
        let answer = door.ask(&request);
        assert_eq!((answer.status, answer.code().as_str()), (status, code));
        assert_eq!(answer.header("www-authenticate"), Some(challenge));
    }
    assert!(door.upstream.seen().is_empty());
    let scoped = guarded.token(|claims| claims["scope"] = json!("x vehicles:write"));
    assert_eq!(door.ask(bearer("/private", &scoped)).status, 200);
    let seen = door.upstream.last();
    assert!(seen.header("authorization").unwrap().ends_with(&scoped));
}

#[test]
fn users_are_limited_by_their_subject_wherever_they_come_from() {
    let guarded = guarded();
    let ask = |subject: &str| {
        let token = guarded.token(|claims| claims["sub"] = json!(subject));
        let answer = guarded.door.ask(bearer("/open", &token));
        answer.header("ratelimit").unwrap().to_owned()
    };
    assert!(ask("anna").contains(";r=999;"));
    assert!(ask("anna").contains(";r=998;"));
    assert!(ask("bert").contains(";r=999;"));
}

#[test]
fn an_issuer_that_is_down_from_the_start_is_503() {
    let door = Door::with(Upstream::start(ok), |settings| {
        settings["routes"][2]["token"] =
            json!({"issuer": "us", "audience": "app", "jwks_url": "http://127.0.0.1:1/keys"});
    });
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("k1".to_owned());
    let signing = EncodingKey::from_secret(KEY.as_bytes());
    let token = encode(&header, &json!({"sub": "anna"}), &signing).unwrap();
    let answer = door.ask(bearer("/open", &token));
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (503, "unavailable")
    );
}

#[test]
fn no_token_is_logged_or_counted() {
    let guarded = guarded();
    let token = guarded.token(|claims| claims["sub"] = json!("CANARYSUBJECT"));
    assert_eq!(guarded.door.ask(bearer("/open", &token)).status, 200);
    let log = &guarded.door.log;
    crate::door::eventually("a line", || log.text().lines().count() == 1);
    let written = log.text() + &guarded.door.metrics();
    for canary in [
        token.as_str(),
        token.rsplit('.').next().unwrap(),
        "CANARYSUBJECT",
    ] {
        assert!(!written.contains(canary), "{canary}");
    }
}
