//! VINs decoded, for people with a token.

use crate::house::{House, NO_REDIS, OfSource as _};
use crate::issuer::{AUDIENCE, Issuer, Key, now};
use crate::platform::Platform;
use jsonwebtoken::Algorithm;
use serde_json::json;
use test_kit::{RedisServer, eventually};

const VIN: &str = "1HGCM82633A004352";
const DECODE: &str = "/api/platform/vehicle?vin=1HGCM82633A004352";

/// The service with an issuer, and a way to sign.
struct Door {
    issuer: Issuer,
    key: Key,
    house: House,
}

impl Door {
    async fn new(platform: &Platform, redis_port: u16) -> Self {
        let key = Key::new("k1", Algorithm::ES256);
        let issuer = Issuer::start(&[key.public()]);
        let jwks = format!("{}/keys", issuer.url);
        let settings = [
            ("TOKENS__ISSUER", issuer.url.as_str()),
            ("TOKENS__AUDIENCE", AUDIENCE),
            ("TOKENS__JWKS_URL", &jwks),
        ];
        let house = House::start(&platform.url(), redis_port, &settings).await;
        Self { issuer, key, house }
    }

    fn token(&self) -> String {
        format!("Bearer {}", self.key.sign(&self.issuer.claims()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vin_is_decoded_for_who_is_signed_in_and_is_in_no_log() {
    let platform = Platform::start().await;
    let redis = RedisServer::start();
    let door = Door::new(&platform, redis.port).await;
    let token = door.token();
    let headers = [("Authorization", token.as_str())];
    let first = door.house.get_with(DECODE, &headers).await;
    let body = first.is_from("platform");
    assert_eq!(body["data"]["vin"], VIN);
    assert_eq!(body["data"]["vehicle"]["make"]["name"], "Honda");
    assert_eq!(body["data"]["model_year"], 2003);
    assert_eq!(first.header("cache-control"), "private, max-age=60");
    let again = "/api/platform/vehicle?vin=1hg-cm826%2033a004352";
    door.house.get_with(again, &headers).await.is_from("cache");
    let long = "/api/platform/vehicle?vin=1HGCM82633A004352X";
    let refused = door.house.get_with(long, &headers).await;
    let problem = refused.is_problem(422, "invalid_parameter");
    assert_eq!(problem["errors"][0]["pointer"], "/query/vin");

    let logs = format!("{}{}", door.house.log(), platform.log());
    assert!(
        logs.contains("/api/platform/vehicle"),
        "the route is logged: {logs}"
    );
    assert!(!logs.to_uppercase().contains("1HGCM"), "{logs}");
    let metrics = door.house.get("/metrics").await.text;
    assert!(!metrics.to_uppercase().contains("1HGCM"));
    let names = keys(redis.port);
    assert!(names.contains("mvp:platform-vehicles:vin:"), "{names}");
    assert!(!names.to_uppercase().contains("1HGCM"), "{names}");
}

/// The names of all keys of a Redis.
fn keys(port: u16) -> String {
    use std::io::{Read, Write};
    let mut socket = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.write_all(b"KEYS *\r\nQUIT\r\n").unwrap();
    let mut text = String::new();
    socket.read_to_string(&mut text).unwrap();
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_good_token_nothing_is_decoded() {
    let platform = Platform::start().await;
    let door = Door::new(&platform, NO_REDIS).await;
    let house = &door.house;
    let missing = house.get(DECODE).await;
    missing.is_problem(401, "token_missing");
    assert_eq!(missing.header("www-authenticate"), "Bearer");
    let stranger = Key::new("k1", Algorithm::ES256).sign(&door.issuer.claims());
    let mut old = door.issuer.claims();
    old["exp"] = json!(now() - 60);
    let mut other = door.issuer.claims();
    other["aud"] = json!("somebody-else");
    for (token, code) in [
        (stranger, "token_invalid"),
        (door.key.sign(&old), "token_expired"),
        (door.key.sign(&other), "token_invalid"),
        ("x".to_owned(), "token_invalid"),
    ] {
        let header = format!("Bearer {token}");
        let answer = house.get_with(DECODE, &[("Authorization", &header)]).await;
        answer.is_problem(401, code);
        let challenge = answer.header("www-authenticate");
        assert!(
            challenge.starts_with("Bearer error=\"invalid_token\""),
            "{challenge}"
        );
    }
    assert!(!house.log().contains("1HGCM"));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_issuer_is_set_up_nobody_can_be_signed_in() {
    let platform = Platform::start().await;
    let house = House::start(&platform.url(), NO_REDIS, &[]).await;
    house.get(DECODE).await.is_problem(401, "token_missing");
    let answer = house
        .get_with(DECODE, &[("Authorization", "Bearer x")])
        .await;
    answer.is_problem(503, "unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decoded_vin_is_given_while_the_platform_is_away() {
    let mut platform = Platform::start().await;
    let door = Door::new(&platform, NO_REDIS).await;
    let token = door.token();
    let headers = [("Authorization", token.as_str())];
    door.house
        .get_with(DECODE, &headers)
        .await
        .is_from("platform");
    platform.kill();
    door.house.get_with(DECODE, &headers).await.is_from("cache");
    let other = "/api/platform/vehicle?vin=1HGCM82633A004353";
    let refused = door.house.get_with(other, &headers).await;
    refused.is_problem(503, "unavailable");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
    eventually("it was logged", || {
        door.house.log().contains("request failed")
    })
    .await;
    assert!(!door.house.log().contains("1HGCM"));
}
