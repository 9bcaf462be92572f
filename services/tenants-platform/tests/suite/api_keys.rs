//! Keys of programs.

use crate::house::{House, NOBODY};
use reqwest::Method;
use serde_json::{Value, json};

struct Keys {
    house: House,
    path: String,
}

impl Keys {
    async fn new() -> Self {
        let house = House::new().await;
        let tenant = house.tenant("fleet").await;
        let path = format!("/tenants/{tenant}/api-keys");
        Self { house, path }
    }

    async fn make(&self, body: Value) -> Value {
        self.house.post(&self.path, body).await.is(201)
    }

    async fn verify(&self, body: Value) -> test_kit::Answer {
        self.house.post("/tenants/api-keys/verify", body).await
    }
}

fn reading() -> Value {
    json!({ "name": "workshop", "scopes": ["vehicles:read"] })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_shown_once_and_tells_whose_it_is() {
    let keys = Keys::new().await;
    let made = keys.make(reading()).await;
    let key = made["key"].as_str().unwrap();
    let id = made["id"].as_str().unwrap();
    assert!(
        key.starts_with(&format!("mvp_live_{id}_")),
        "the id is part of it"
    );
    let verified = keys
        .verify(json!({ "key": key, "scope": "vehicles:read" }))
        .await
        .is(200);
    assert_eq!(verified["id"], id);
    assert_eq!(verified["scopes"], json!(["vehicles:read"]));
    assert_eq!(verified["requests_per_day"], 1_000_000);
    assert_eq!(
        (&verified["requests_per_minute"], &verified["burst"]),
        (&json!(6_000), &json!(600))
    );
    let today = jiff::Timestamp::now().to_string();
    assert_eq!(verified["today"], today[..10]);
    let shown = keys.house.get(&format!("{}/{id}", keys.path)).await;
    assert_eq!(shown.json()["created_at"], made["created_at"]);
    let listed = keys.house.get(&keys.path).await;
    let log = keys.house.log();
    let audit = keys.house.get("/tenants/audit").await;
    let events = keys.house.get("/tenants/events?after=0").await;
    let secret = key.split('_').nth(3).unwrap();
    for text in [&shown.text, &listed.text, &log, &audit.text, &events.text] {
        assert!(!text.contains(secret), "the secret is in {text}");
    }
    let client = keys.house.database.superuser().await;
    let rows = client
        .query("SELECT key::text FROM api_keys.key", &[])
        .await
        .unwrap();
    assert!(
        rows.iter()
            .all(|row| !row.get::<_, String>(0).contains(secret))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reason_to_refuse_a_key_has_its_own_code() {
    let keys = Keys::new().await;
    let made = keys.make(json!({ "name": "k", "scopes": ["vehicles:read", "fuel:*"], "networks": ["203.0.113.0/24"] })).await;
    let key = made["key"].as_str().unwrap().to_owned();
    let ask = |address: &str, scope: &str| {
        keys.verify(json!({ "key": key, "address": address, "scope": scope }))
    };
    ask("203.0.113.9", "vehicles:read").await.is(200);
    ask("203.0.113.9", "fuel:write").await.is(200);
    ask("203.0.113.9", "vehicles:write")
        .await
        .is_problem(403, "scope_missing");
    ask("198.51.100.1", "vehicles:read")
        .await
        .is_problem(403, "network_denied");

    let unknown = |key: &str| keys.verify(json!({ "key": key }));
    let last = key.chars().last().unwrap();
    let mistyped = format!(
        "{}{}",
        &key[..key.len() - 1],
        if last == 'a' { 'b' } else { 'a' }
    );
    unknown(&mistyped).await.is_problem(401, "api_key_unknown");
    unknown("").await.is_problem(401, "api_key_unknown");
    unknown(&"x".repeat(10_000))
        .await
        .is_problem(401, "api_key_unknown");

    let path = format!("{}/{}", keys.path, made["id"].as_str().unwrap());
    keys.house.delete(&path).await.is(204);
    keys.house.delete(&path).await.is(204);
    unknown(&key).await.is_problem(401, "api_key_revoked");
    let again = keys.house.post(&format!("{path}/rotate"), json!({})).await;
    again.is_problem(409, "conflict");

    let past = json!({ "name": "k", "scopes": ["a:b"], "expires_at": "2020-01-01T00:00:00Z" });
    keys.house
        .post(&keys.path, past)
        .await
        .names(422, "/body/expires_at");
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(3);
    let short = keys
        .make(json!({ "name": "k", "scopes": ["a:b"], "expires_at": soon.to_string() }))
        .await;
    let short = short["key"].as_str().unwrap();
    unknown(short).await.is(200);
    test_kit::eventually_async("the key ends", || async {
        unknown(short).await.status == 401
    })
    .await;
    unknown(short).await.is_problem(401, "api_key_expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_a_suspended_tenant_opens_nothing() {
    let keys = Keys::new().await;
    let key = keys.make(reading()).await["key"].clone();
    let tenant = keys.path.strip_suffix("/api-keys").unwrap();
    let suspend = json!({ "reason": "x" });
    keys.house
        .post(&format!("{tenant}/suspend"), suspend)
        .await
        .is(200);
    keys.verify(json!({ "key": key }))
        .await
        .is_problem(403, "forbidden");
    keys.house
        .post(&format!("{tenant}/resume"), json!({}))
        .await
        .is(200);
    keys.verify(json!({ "key": key })).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_replaced_with_an_overlap() {
    let keys = Keys::new().await;
    let old = keys.make(reading()).await;
    let rotate = format!("{}/{}/rotate", keys.path, old["id"].as_str().unwrap());
    let too_long = keys
        .house
        .post(&rotate, json!({ "overlap_s": 2_592_001 }))
        .await;
    too_long.names(422, "/body/overlap_s");
    let new = keys
        .house
        .post(&rotate, json!({ "overlap_s": 1 }))
        .await
        .is(201);
    assert_eq!(new["scopes"], old["scopes"]);
    keys.verify(json!({ "key": new["key"] })).await.is(200);
    let verify_old = || keys.verify(json!({ "key": old["key"] }));
    test_kit::eventually_async("the old key ends", || async {
        verify_old().await.status == 401
    })
    .await;
    verify_old().await.is_problem(401, "api_key_expired");
    keys.verify(json!({ "key": new["key"] })).await.is(200);
    keys.house
        .post(&rotate, json!({}))
        .await
        .is_problem(409, "conflict");
    let shown = keys
        .house
        .get(&format!("{}/{}", keys.path, old["id"].as_str().unwrap()))
        .await;
    assert_eq!(shown.is(200)["replaced_by"], new["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_that_takes_the_place_of_one_that_ends_may_last_longer() {
    let keys = Keys::new().await;
    let end = |days: i64| {
        let from_now = jiff::SignedDuration::from_hours(24 * days);
        (jiff::Timestamp::now() + from_now).to_string()
    };
    let mut body = reading();
    body["expires_at"] = json!(end(2));
    let rotate = async |id: &Value, body: Value| {
        let path = format!("{}/{}/rotate", keys.path, id.as_str().unwrap());
        keys.house.post(&path, body).await
    };
    let old = keys.make(body).await;
    let past = json!({ "expires_at": end(-1) });
    rotate(&old["id"], past)
        .await
        .names(422, "/body/expires_at");
    let longer = end(90);
    let new = rotate(&old["id"], json!({ "expires_at": longer })).await;
    let new = new.is(201);
    assert!(new["expires_at"].as_str().unwrap()[..10] == longer[..10]);
    let as_before = rotate(&new["id"], json!({})).await.is(201);
    assert_eq!(as_before["expires_at"], new["expires_at"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_is_counted_by_key_and_by_tenant() {
    let keys = Keys::new().await;
    let made = keys.make(reading()).await;
    let id = made["id"].as_str().unwrap();
    let used = json!([{ "id": id, "requests": 3 }, { "id": id, "requests": 4 }, { "id": "unknown", "requests": 9 }]);
    let counted = keys.house.post("/tenants/api-keys/usage", used).await;
    let counted = counted.is(200)["data"].clone();
    assert_eq!(counted[0]["requests_today"], 7);
    assert_eq!(counted.as_array().unwrap().len(), 1);
    let days = keys
        .house
        .get(&format!("{}/{id}/usage", keys.path))
        .await
        .is(200);
    assert_eq!(days["data"][0]["requests"], 7);
    let shown = keys.house.get(&format!("{}/{id}", keys.path)).await.is(200);
    assert!(shown["last_used_at"].is_string());
    let tenant = keys.path.strip_suffix("/api-keys").unwrap();
    let usage = keys.house.get(&format!("{tenant}/usage")).await.is(200);
    assert_eq!(usage["quota"]["requests_per_day"]["used"], 7);
    let wrong = keys
        .house
        .post(
            "/tenants/api-keys/usage",
            json!([{ "id": id, "requests": 0 }]),
        )
        .await;
    wrong.names(422, "/body/0/requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_is_sent_again_counts_once_and_on_its_day() {
    let keys = Keys::new().await;
    let made = keys.make(reading()).await;
    let id = made["id"].as_str().unwrap();
    let today = jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    let day = |ago: i64| {
        today
            .saturating_sub(jiff::Span::new().days(ago))
            .to_string()
    };
    let report = async |key: &str, body: Value| {
        let headers = [("Idempotency-Key", key)];
        let path = "/tenants/api-keys/usage";
        let sent = keys.house.send(Method::POST, path, &headers, Some(body));
        sent.await
    };
    let used = json!([{ "id": id, "requests": 3, "day": day(1) }, { "id": id, "requests": 4 }]);
    let first = report("one", used.clone()).await.is(200);
    assert_eq!(first["data"][0]["requests_today"], 4);
    assert_eq!(report("one", used.clone()).await.is(200)["data"], json!([]));
    let other = report("another", used).await.is(200);
    assert_eq!(other["data"][0]["requests_today"], 8);
    let days = keys.house.get(&format!("{}/{id}/usage", keys.path)).await;
    assert_eq!(
        days.is(200)["data"],
        json!([{ "day": day(0), "requests": 8 }, { "day": day(1), "requests": 6 }])
    );
    let old = json!([{ "id": id, "requests": 1, "day": day(9) }]);
    report("old", old).await.names(422, "/body/0/day");
    // As many as there may be at once take no longer than a request may.
    let many: Vec<_> = (0..1_000)
        .map(|number| json!({ "id": format!("k{number}"), "requests": 1 }))
        .collect();
    report("many", json!(many)).await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_another_tenant_is_not_there() {
    let keys = Keys::new().await;
    let made = keys.make(reading()).await;
    let id = made["id"].as_str().unwrap();
    for tenant in [keys.house.tenant("fleet").await, NOBODY.to_owned()] {
        let path = format!("/tenants/{tenant}/api-keys/{id}");
        keys.house.get(&path).await.is_problem(404, "not_found");
        keys.house.delete(&path).await.is_problem(404, "not_found");
        keys.house
            .get(&format!("{path}/usage"))
            .await
            .is_problem(404, "not_found");
        let rotated = keys.house.post(&format!("{path}/rotate"), json!({})).await;
        rotated.is_problem(404, "not_found");
    }
    keys.verify(json!({ "key": made["key"] })).await.is(200);
    for (body, pointer) in [
        (json!({ "name": "", "scopes": ["a:b"] }), "/body/name"),
        (json!({ "name": "k", "scopes": [] }), "/body/scopes"),
        (json!({ "name": "k", "scopes": ["all"] }), "/body/scopes"),
        (
            json!({ "name": "k", "scopes": ["a:b"], "networks": ["here"] }),
            "/body/networks",
        ),
    ] {
        keys.house.post(&keys.path, body).await.names(422, pointer);
    }
}
