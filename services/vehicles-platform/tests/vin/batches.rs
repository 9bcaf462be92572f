//! Many VINs in one request.

use crate::etl::Etl;
use crate::questions::CIVIC;
use crate::service::{NO_REDIS, Service};
use serde_json::{Value, json};

const BATCH: &str = "/vehicles/vindecode/batch";
const LINES: &str = "application/x-ndjson";

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_answered_in_its_order() {
    let etl = Etl::with_live_release().await;
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    let list = json!([CIVIC, { "vin": CIVIC, "model_year": 2012 }, "", 7, { "vin": CIVIC, "model_year": 3 }]);
    let answer = service
        .post(BATCH, "application/json", list.to_string())
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), LINES);
    let seen = lines(&answer.text);
    assert_eq!(seen.len(), 5);
    assert_eq!(seen[0]["vehicle"]["model"]["name"], "Civic");
    assert!(seen[1]["errors"].to_string().contains("\"code\":12"));
    let errors: Vec<_> = seen[2..]
        .iter()
        .map(|it| (&it["error"]["line"], &it["error"]["code"]))
        .collect();
    let expected = [
        (&json!(3), &json!("invalid_vin")),
        (&json!(4), &json!("invalid_entry")),
        (&json!(5), &json!("invalid_model_year")),
    ];
    assert_eq!(errors, expected);
    let single = service.get(&format!("/vehicles/vindecode/{CIVIC}")).await;
    assert_eq!(seen[0], single.json());
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_any_number_stream_through_in_order() {
    let etl = Etl::with_live_release().await;
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    let mut body = String::new();
    for number in 0..20_000 {
        let vin = format!("1HGFE2F5*NL{number:06}");
        body.push_str(&json!({ "vin": vin }).to_string());
        body.push('\n');
        if number == 10_000 {
            body.push_str("{\"vin\": \n\n");
        }
    }
    let answer = service.post(BATCH, LINES, body).await;
    assert_eq!(answer.status, 200);
    let seen = lines(&answer.text);
    assert_eq!(seen.len(), 20_001);
    assert_eq!(seen[10_001]["error"]["line"], 10_002);
    assert_eq!(seen[10_001]["error"]["code"], "bad_json");
    let vins = seen.iter().filter_map(|it| it["vin"].as_str());
    for (number, vin) in vins.enumerate() {
        assert_eq!(vin, format!("1HGFE2F5*NL{number:06}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_neither_list_nor_lines_is_refused() {
    let etl = Etl::with_live_release().await;
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    let json = "application/json";
    let many = json!(vec![CIVIC; 1001]).to_string();
    service
        .post(BATCH, json, many)
        .await
        .is_problem(413, "body_too_large");
    let large = format!("[\"{}\"]", "x".repeat(300 * 1024));
    service
        .post(BATCH, json, large)
        .await
        .is_problem(413, "body_too_large");
    service
        .post(BATCH, json, "[")
        .await
        .is_problem(400, "bad_json");
    service
        .post(BATCH, json, "{}")
        .await
        .is_problem(422, "invalid_body");
    service
        .post(BATCH, "text/csv", CIVIC)
        .await
        .is_problem(415, "unsupported_media_type");
    let endless = service.post(BATCH, LINES, "x".repeat(100_000)).await;
    assert!(
        lines(&endless.text)
            .iter()
            .all(|it| it["error"]["code"] == "bad_json")
    );
}
