//! What is sent to do harm is data, or refused.

use crate::town::{ANNA, Town, VIN};
use reqwest::Method;
use serde_json::{Value, json};

const SQL: [&str; 4] = [
    "'; DROP TABLE vehicles.vehicle; --",
    "' OR '1'='1",
    "$1::uuid) RETURNING *; --",
    "\\'; SELECT pg_sleep(10); --",
];

#[tokio::test(flavor = "multi_thread")]
async fn sql_in_any_field_is_text() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    for sql in SQL {
        let body = json!({
            "nickname": sql, "plate": sql.get(..12), "colour": sql, "notes": sql, "tags": [sql], "custom_fields": { sql: sql },
            "specification": { "make": sql, "model": sql },
        });
        let path = anna.add(body.clone()).await;
        let kept = anna.get(&path).await.is(200);
        for field in ["nickname", "colour", "notes", "tags", "custom_fields"] {
            assert_eq!(kept[field], body[field]);
        }
        let read = json!({ "distance": 1, "note": sql });
        anna.post(&format!("{path}/readings"), read).await.is(201);
        let encoded = sql
            .replace('%', "%25")
            .replace(' ', "%20")
            .replace('\'', "%27")
            .replace(';', "%3B");
        let found = anna
            .get(&format!("/api/vehicles?tag={encoded}"))
            .await
            .is(200);
        assert_eq!(found["data"].as_array().unwrap().len(), 1, "{sql}");
        anna.get(&format!("/api/vehicles?q={encoded}"))
            .await
            .is(200);
        let refused = anna.get(&format!("/api/vehicles?cursor={encoded}")).await;
        refused.is_problem(422, "invalid_parameter");
        let refused = anna.get(&format!("/api/vehicles/{encoded}")).await;
        refused.is_problem(404, "not_found");
    }
    let all = anna.get("/api/vehicles").await.is(200);
    assert_eq!(all["data"].as_array().unwrap().len(), SQL.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn absurd_vins_and_years_are_refused() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    for vin in [
        "ＨＧＣＭ８２６３３Ａ００",
        "1HGCM82633A00435\u{0}",
        "🚗🚗🚗🚗🚗🚗",
        &"1".repeat(10_000),
        "",
    ] {
        let refused = anna.post("/api/vehicles", json!({ "vin": vin })).await;
        refused.names(422, "/body/vin");
        assert!(!refused.text.contains("1111111"), "it is not said again");
    }
    for year in [json!(99_999), json!(-1), json!(1e300), json!("2003")] {
        let body = json!({ "specification": { "year": year } });
        let refused = anna.post("/api/vehicles", body).await;
        refused.names(422, "/body/specification/year");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_the_house_cannot_be_written() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let path = anna.add(json!({})).await;
    for field in [
        "id",
        "tenant_id",
        "user_id",
        "created_by",
        "version",
        "role",
        "deleted_at",
        "odometer",
        "decoding",
    ] {
        let pointer = format!("/body/{field}");
        let added = anna.post("/api/vehicles", json!({ field: "x" })).await;
        added.names(422, &pointer);
        anna.patch(&path, json!({ field: "x" }))
            .await
            .names(422, &pointer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_people_is_in_logs_and_metrics() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let canary = json!({
        "vin": VIN, "nickname": "CANARYNAME", "plate": "CANARYPLATE", "notes": "CANARYNOTES", "custom_fields": { "CANARYKEY": "CANARYVALUE" },
    });
    let path = anna.add(canary.clone()).await;
    anna.post("/api/vehicles", canary)
        .await
        .is_problem(409, "conflict");
    anna.post("/api/vehicles", json!({ "vin": "CANARYVINTOOLONGBYFAR" }))
        .await;
    let key = [("Idempotency-Key", "CANARYIDEM")];
    anna.send(Method::POST, "/api/vehicles", &key, Some(json!({})))
        .await
        .is(201);
    anna.get("/api/vehicles?q=CANARYQUERY").await.is(200);
    anna.patch(&path, json!({ "notes": "CANARYCHANGE" }))
        .await
        .is(200);
    let metrics = town.house.get("/metrics").await.text;
    for text in [town.house.log(), metrics] {
        let text = text.to_uppercase();
        assert!(
            !text.contains("CANARY") && !text.contains("1HGCM"),
            "{text}"
        );
        assert!(!text.contains("BEARER EY"), "a token is there");
    }
}

/// A document of any depth is read no deeper than is safe.
#[tokio::test(flavor = "multi_thread")]
async fn deep_and_large_bodies_are_refused() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let headers = anna.headers(&[("Content-Type", "application/json")]);
    let send = |bytes| {
        town.house
            .send_bytes(Method::POST, "/api/vehicles", &headers, bytes)
    };
    let deep = "{\"specification\":".repeat(100_000 / 17);
    assert!([400, 422].contains(&send(deep.into_bytes()).await.status.as_u16()));
    let large = json!({ "notes": "x".repeat(300_000) }).to_string();
    send(large.into_bytes())
        .await
        .is_problem(413, "body_too_large");
    let list: Value = anna.get("/api/vehicles").await.is(200);
    assert_eq!(list["data"], json!([]));
}
