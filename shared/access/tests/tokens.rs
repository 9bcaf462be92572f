//! Tokens, true and forged, against an issuer that serves its keys on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod issuer;

use access::{TokenError, TokenSettings, TokenVerifier};
use issuer::{AUDIENCE, Issuer, Key, now, ok};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn tokens_signed_with_each_permitted_algorithm_name_their_caller() {
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA] {
        let key = Key::new("k1", algorithm);
        // A key set may hold kinds that nobody here knows.
        let strange = json!({"kty": "XYZ", "kid": "strange"});
        let issuer = Issuer::start(&[strange, key.public()]);
        let caller = issuer.verifier().verify(&key.sign(&issuer.claims())).await;
        let caller = caller.unwrap_or_else(|error| panic!("{algorithm:?}: {error}"));
        assert_eq!(&*caller.subject, "auth0|anna");
        assert_eq!(caller.scopes, ["a", "b"]);
    }
}

#[tokio::test]
async fn a_key_is_for_its_own_algorithm_alone() {
    let key = Key::new("k1", Algorithm::RS256);
    let issuer = Issuer::start(&[key.public()]);
    let verifier = issuer.verifier();
    let claims = issuer.claims();
    let of = |algorithm: Algorithm, signing: &EncodingKey| {
        let header = Header {
            alg: algorithm,
            ..key.header()
        };
        encode(&header, &claims, signing).unwrap()
    };
    let public = EncodingKey::from_secret(key.pair.public_key_pem().as_bytes());
    let der = EncodingKey::from_secret(key.pair.public_key_raw());
    let other = Key::new("k1", Algorithm::ES256);
    let stranger = Key::new("k1", Algorithm::RS256);
    for (name, token) in [
        ("HS256 with the public key", of(Algorithm::HS256, &public)),
        ("HS256 with its bytes", of(Algorithm::HS256, &der)),
        ("RS384", of(Algorithm::RS384, &key.signing)),
        ("PS256", of(Algorithm::PS256, &key.signing)),
        ("ES256 with another key", other.sign(&claims)),
        ("a stranger's key with our id", stranger.sign(&claims)),
    ] {
        assert_eq!(
            verifier.verify(&token).await.unwrap_err(),
            TokenError::Invalid,
            "{name}"
        );
    }
    let good = key.sign(&claims);
    let (_, rest) = good.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    for none in [
        // {"alg":"none","kid":"k1"} and {"alg":"None","kid":"k1"}
        "eyJhbGciOiJub25lIiwia2lkIjoiazEifQ",
        "eyJhbGciOiJOb25lIiwia2lkIjoiazEifQ",
    ] {
        for token in [
            format!("{none}.{payload}."),
            format!("{none}.{payload}.{signature}"),
        ] {
            assert_eq!(
                verifier.verify(&token).await.unwrap_err(),
                TokenError::Invalid
            );
        }
    }
    assert!(verifier.verify(&good).await.is_ok());
}

#[tokio::test]
async fn keys_that_nobody_should_use_are_not_used() {
    let secret =
        json!({"kty": "oct", "kid": "k1", "alg": "HS256", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"});
    let good = Key::new("k2", Algorithm::ES256);
    let encryption = Key::new("k3", Algorithm::ES256);
    let mut public = encryption.public();
    public["use"] = json!("enc");
    let issuer = Issuer::start(&[secret, public, good.public()]);
    let verifier = issuer.verifier();
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("k1".to_owned());
    let signing = EncodingKey::from_base64_secret("c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0").unwrap();
    let shared = encode(&header, &issuer.claims(), &signing).unwrap();
    assert_eq!(
        verifier.verify(&shared).await.unwrap_err(),
        TokenError::Invalid
    );
    let wrong_use = encryption.sign(&issuer.claims());
    assert_eq!(
        verifier.verify(&wrong_use).await.unwrap_err(),
        TokenError::Invalid
    );
    assert!(verifier.verify(&good.sign(&issuer.claims())).await.is_ok());
}

#[tokio::test]
async fn strange_headers_are_refused_and_nothing_is_fetched_for_them() {
    let key = Key::new("k1", Algorithm::ES256);
    let issuer = Issuer::start(&[key.public()]);
    let elsewhere = Issuer::start(&[key.public()]);
    let verifier = issuer.verifier();
    assert!(verifier.verify(&key.sign(&issuer.claims())).await.is_ok());
    let with = |change: &dyn Fn(&mut Header)| {
        let mut header = key.header();
        change(&mut header);
        encode(&header, &issuer.claims(), &key.signing).unwrap()
    };
    let long = "k".repeat(10_000);
    for id in [
        "../../etc/passwd",
        "' OR 1=1 --",
        "http://127.0.0.1/k",
        &long,
        "",
        "k\u{e4}",
    ] {
        let token = with(&|header| header.kid = Some(id.to_owned()));
        assert!(verifier.verify(&token).await.is_err(), "{id:.40}");
    }
    assert!(verifier.verify(&with(&|h| h.kid = None)).await.is_err());
    let critical = with(&|h| h.crit = Some(vec!["exp".to_owned()]));
    assert!(verifier.verify(&critical).await.is_err());
    // Where a token says that its key is does not matter, true or not.
    let url = format!("{}/keys", elsewhere.url);
    let pointing = with(&|header| {
        header.jku = Some(url.clone());
        header.x5u = Some(url.clone());
    });
    assert!(verifier.verify(&pointing).await.is_ok());
    let stranger = Key::new("k1", Algorithm::ES256);
    let mut header = stranger.header();
    header.jku = Some(url);
    header.jwk = Some(serde_json::from_value(stranger.public()).unwrap());
    let own_key = encode(&header, &issuer.claims(), &stranger.signing).unwrap();
    assert_eq!(
        verifier.verify(&own_key).await.unwrap_err(),
        TokenError::Invalid
    );
    assert_eq!((issuer.asked(), elsewhere.asked()), (1, 0));
    for garbage in ["", ".", "..", "a.b.c", "a.b", &"x".repeat(100_000)] {
        assert_eq!(
            verifier.verify(garbage).await.unwrap_err(),
            TokenError::Invalid
        );
    }
}

#[tokio::test]
async fn claims_are_required_and_true() {
    let key = Key::new("k1", Algorithm::ES256);
    let issuer = Issuer::start(&[key.public()]);
    let verifier = issuer.verifier();
    let with = |name: &str, value: Value| {
        let mut claims = issuer.claims();
        claims[name] = value;
        key.sign(&claims)
    };
    for name in ["exp", "iss", "aud", "sub"] {
        let mut claims = issuer.claims();
        claims.as_object_mut().unwrap().remove(name);
        let outcome = verifier.verify(&key.sign(&claims)).await;
        assert_eq!(outcome.unwrap_err(), TokenError::Invalid, "no {name}");
    }
    for (name, value, expected) in [
        ("exp", json!(now() - 30), TokenError::Expired),
        ("exp", json!("soon"), TokenError::Invalid),
        ("nbf", json!(now() + 300), TokenError::Invalid),
        (
            "iss",
            json!("https://elsewhere.example"),
            TokenError::Invalid,
        ),
        ("iss", json!([issuer.url, "x"]), TokenError::Invalid),
        ("aud", json!("others"), TokenError::Invalid),
        ("sub", json!(""), TokenError::Invalid),
        ("sub", json!("anna\r\nX-User-Id: root"), TokenError::Invalid),
        ("sub", json!("s".repeat(256)), TokenError::Invalid),
        ("sub", json!(7), TokenError::Invalid),
    ] {
        let token = with(name, value.clone());
        let outcome = verifier.verify(&token).await;
        assert_eq!(outcome.unwrap_err(), expected, "{name} {value}");
    }
    // Late by less than the leeway is far enough from it not to depend on the test's own speed.
    assert!(
        verifier
            .verify(&with("nbf", json!(now() + 3)))
            .await
            .is_ok()
    );
    assert!(
        verifier
            .verify(&with("aud", json!(["others", AUDIENCE])))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn scopes_are_wanted_all_together() {
    let key = Key::new("k1", Algorithm::ES256);
    let issuer = Issuer::start(&[key.public()]);
    let token = key.sign(&issuer.claims());
    let verifier = issuer.verifier();
    let wanting = |scopes: &[&str]| {
        let scopes: Vec<String> = scopes.iter().map(|&scope| scope.to_owned()).collect();
        verifier.requiring(&scopes)
    };
    assert!(wanting(&["a", "b"]).verify(&token).await.is_ok());
    assert_eq!(
        wanting(&["a", "c"]).verify(&token).await.unwrap_err(),
        TokenError::Scope
    );
    let mut claims = issuer.claims();
    claims["scope"] = Value::Null;
    claims["scp"] = json!(["c"]);
    assert!(wanting(&["c"]).verify(&key.sign(&claims)).await.is_ok());
    assert_eq!(issuer.asked(), 1, "they share their keys");
}

#[tokio::test]
async fn a_flood_of_unknown_key_ids_costs_the_issuer_one_fetch() {
    let key = Key::new("k1", Algorithm::ES256);
    let issuer = Issuer::start(&[key.public()]);
    let verifier = issuer.verifier();
    let unknown = Key::new("k9", Algorithm::ES256).sign(&issuer.claims());
    let asking = (0..50).map(|_| {
        let (verifier, token) = (verifier.clone(), unknown.clone());
        tokio::spawn(async move { verifier.verify(&token).await })
    });
    for outcome in asking.collect::<Vec<_>>() {
        assert_eq!(outcome.await.unwrap().unwrap_err(), TokenError::Invalid);
    }
    assert_eq!(issuer.asked(), 1);
    assert!(verifier.verify(&key.sign(&issuer.claims())).await.is_ok());
}

#[tokio::test]
async fn a_caller_that_hangs_up_costs_the_next_one_nothing() {
    let key = Key::new("k1", Algorithm::ES256);
    let issuer = Issuer::start(&[key.public()]);
    let (verifier, token) = (issuer.verifier(), key.sign(&issuer.claims()));
    let hung_up = tokio::time::timeout(Duration::ZERO, verifier.verify(&token)).await;
    assert!(hung_up.is_err(), "the keys were there at once");
    assert!(verifier.verify(&token).await.is_ok());
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn a_new_key_is_fetched_once_and_a_removed_one_is_gone_with_the_next_fetch() {
    let (old, new) = (
        Key::new("k1", Algorithm::ES256),
        Key::new("k2", Algorithm::ES256),
    );
    let issuer = Issuer::start(&[old.public()]);
    let verifier = TokenVerifier::new(&TokenSettings {
        fetch_pause_s: 0,
        ..issuer.settings()
    });
    let (by_old, by_new) = (old.sign(&issuer.claims()), new.sign(&issuer.claims()));
    assert!(verifier.verify(&by_old).await.is_ok());
    issuer.publish(&[new.public()]);
    assert!(verifier.verify(&by_new).await.is_ok());
    assert_eq!(issuer.asked(), 2);
    assert_eq!(
        verifier.verify(&by_old).await.unwrap_err(),
        TokenError::Invalid
    );
}

#[tokio::test]
async fn a_removed_key_is_refused_as_soon_as_the_known_ones_are_old() {
    let (old, new) = (
        Key::new("k1", Algorithm::ES256),
        Key::new("k2", Algorithm::ES256),
    );
    let issuer = Issuer::start(&[old.public()]);
    let verifier = TokenVerifier::new(&TokenSettings {
        keys_fresh_s: 0,
        fetch_pause_s: 0,
        ..issuer.settings()
    });
    let token = old.sign(&issuer.claims());
    assert!(verifier.verify(&token).await.is_ok());
    issuer.publish(&[new.public()]);
    assert_eq!(
        verifier.verify(&token).await.unwrap_err(),
        TokenError::Invalid
    );
}

#[tokio::test]
async fn while_the_issuer_fails_the_known_keys_serve_and_not_for_ever() {
    let key = Key::new("k1", Algorithm::ES256);
    let issuer = Issuer::start(&[key.public()]);
    let token = key.sign(&issuer.claims());
    let old = |keys_kept_s| {
        TokenVerifier::new(&TokenSettings {
            keys_fresh_s: 0,
            keys_kept_s,
            fetch_pause_s: 0,
            ..issuer.settings()
        })
    };
    let (kept, dropped) = (old(86_400), old(0));
    assert!(kept.verify(&token).await.is_ok());
    assert_eq!(
        dropped.verify(&token).await.unwrap_err(),
        TokenError::NoKeys,
        "what is older than its limit is not used"
    );
    let huge = ok(&json!({"keys": [key.public()], "padding": "x".repeat(300_000)}).to_string());
    let moved = format!(
        "HTTP/1.1 302 Found\r\nLocation: {}/keys\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        Issuer::start(&[key.public()]).url
    );
    for failure in [
        "HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "",
        &ok("nonsense"),
        &ok("{\"keys\": []}"),
        &huge,
        &moved,
    ] {
        issuer.say(failure);
        assert!(kept.verify(&token).await.is_ok(), "{failure:.40}");
        let fresh = issuer.verifier();
        assert_eq!(
            fresh.verify(&token).await.unwrap_err(),
            TokenError::NoKeys,
            "{failure:.40}"
        );
    }
}

#[tokio::test]
async fn discovery_says_where_the_keys_are() {
    let key = Key::new("k1", Algorithm::ES256);
    let issuer = Issuer::start(&[key.public()]);
    let mut settings = issuer.settings();
    settings.jwks_url = None;
    let verifier = TokenVerifier::new(&settings);
    assert!(verifier.verify(&key.sign(&issuer.claims())).await.is_ok());
    // A discovery document that speaks for somebody else is not believed.
    settings.issuer.push('/');
    let mut claims = issuer.claims();
    claims["iss"] = json!(settings.issuer);
    let outcome = TokenVerifier::new(&settings)
        .verify(&key.sign(&claims))
        .await;
    assert_eq!(outcome.unwrap_err(), TokenError::NoKeys);
}

#[test]
fn keys_come_over_tls_or_from_this_machine() {
    let of = |issuer: &str, jwks_url: Option<&str>| TokenSettings {
        jwks_url: jwks_url.map(str::to_owned),
        ..serde_json::from_value(json!({"issuer": issuer, "audience": "a"})).unwrap()
    };
    assert!(of("https://id.example/", None).validate().is_ok());
    assert!(
        of("anybody", Some("https://id.example/keys"))
            .validate()
            .is_ok()
    );
    assert_eq!(
        of("http://id.example", None).validate().unwrap_err().0,
        "issuer"
    );
    let plain = of("https://id.example", Some("http://id.example/keys"));
    assert_eq!(plain.validate().unwrap_err().0, "jwks_url");
}
