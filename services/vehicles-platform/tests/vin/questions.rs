//! One VIN at a time.

use crate::etl::Etl;
use crate::service::{KEY, NO_REDIS, Service};
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::Answer;

/// In the small release; a 2022 Honda Civic.
pub(crate) const CIVIC: &str = "1HGFE2F50NL500001";

impl Service {
    pub(crate) async fn post(
        &self,
        path: &str,
        media_type: &str,
        body: impl Into<String>,
    ) -> Answer {
        let headers = [("X-API-Key", KEY), ("Content-Type", media_type)];
        self.send_body(Method::POST, path, &headers, body.into())
            .await
    }

    async fn decode(&self, body: &Value) -> Answer {
        let json = "application/json";
        self.post("/vehicles/vindecode", json, body.to_string())
            .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vin_tells_its_vehicle_however_it_is_written() {
    let etl = Etl::with_live_release().await;
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    let answer = service.decode(&json!({ "vin": CIVIC })).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("x-data-release"), "2026-01-1");
    let body = answer.json();
    assert_eq!(body["vin"], CIVIC);
    assert_eq!(
        body["vehicle"]["make"],
        json!({ "id": 474, "name": "Honda" })
    );
    assert_eq!(body["vehicle"]["model"]["name"], "Civic");
    assert_eq!(body["vehicle"]["year"], 2022);
    assert_eq!(body["wmi"], "1HG");
    assert_eq!(body["data_release"], "2026-01-1");
    assert!(body.get("attributes").is_none());
    let typed = service
        .decode(&json!({ "vin": " 1hg-fe2f50 nl500001" }))
        .await;
    assert_eq!(typed.json(), body);
    let path = format!("/vehicles/vindecode/{CIVIC}");
    let got = service.get(&path).await;
    assert_eq!(got.json(), body);
    let tag = got.header("etag").to_owned();
    let headers = [("X-API-Key", KEY), ("If-None-Match", &tag)];
    assert_eq!(service.send(Method::GET, &path, &headers).await.status, 304);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_public_variable_comes_with_its_source_when_asked_for() {
    let etl = Etl::with_live_release().await;
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    let path = format!("/vehicles/vindecode/{CIVIC}?attributes=true");
    let body = service.get(&path).await.json();
    let attributes = body["attributes"].as_array().unwrap();
    assert!(attributes.is_sorted_by_key(|it| it["id"].as_u64()));
    let of = |id: u64| attributes.iter().find(|it| it["id"] == id).unwrap();
    assert_eq!(of(28)["value"], "Civic");
    assert_eq!(of(28)["source"], "pattern");
    assert!(of(28)["pattern_id"].is_u64() && of(28)["key"].is_string());
    assert_eq!(of(26)["source"], "model");
    assert_eq!(of(29)["source"], "model_year");
    assert_eq!(of(39)["source"], "manufacturer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_vin_is_decoded_as_far_as_it_goes() {
    let etl = Etl::with_live_release().await;
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    let codes = |body: &Value| -> Vec<u64> {
        let errors = body["errors"].as_array().unwrap();
        errors
            .iter()
            .map(|error| error["code"].as_u64().unwrap())
            .collect()
    };
    let wrong_digit = CIVIC.replacen("F50", "F51", 1);
    let body = service.decode(&json!({ "vin": wrong_digit })).await.json();
    assert_eq!(codes(&body), [1]);
    assert_eq!(body["valid"], false);
    let digit = &body["check_digit"];
    assert_eq!(
        (&digit["actual"], &digit["valid"]),
        (&json!("1"), &json!(false))
    );
    let partial = service.decode(&json!({ "vin": "1HGFE2F5*N" })).await.json();
    assert!(codes(&partial).contains(&6));
    assert_eq!(partial["vehicle"]["model"]["name"], "Civic");
    let unknown = service
        .decode(&json!({ "vin": "ZZZFE2F50NL500001" }))
        .await
        .json();
    assert!(codes(&unknown).contains(&7));
    assert_eq!(unknown["confidence"], 0.0);
    let letter = service
        .decode(&json!({ "vin": "1HGFE2F50NO500001" }))
        .await
        .json();
    assert!(codes(&letter).contains(&400));
    let other_year = json!({ "vin": CIVIC, "model_year": 2012 });
    let body = service.decode(&other_year).await.json();
    assert!(codes(&body).contains(&12), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_question_is_refused_and_named() {
    let etl = Etl::with_live_release().await;
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    for (body, status, code, pointer) in [
        (json!({ "vin": "" }), 422, "invalid_body", "/body/vin"),
        (
            json!({ "vin": "1".repeat(18) }),
            422,
            "invalid_body",
            "/body/vin",
        ),
        (json!({ "vin": "1HGÉ" }), 422, "invalid_body", "/body/vin"),
        (
            json!({ "vin": CIVIC, "model_year": 1 }),
            422,
            "invalid_body",
            "/body/model_year",
        ),
        (json!({ "vin": 5 }), 422, "invalid_body", "/body"),
        (json!({}), 422, "invalid_body", "/body"),
        (
            json!({ "vin": CIVIC, "colour": "red" }),
            422,
            "invalid_body",
            "/body",
        ),
    ] {
        let problem = service.decode(&body).await.is_problem(status, code);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    let route = "/vehicles/vindecode";
    service
        .post(route, "application/json", "{")
        .await
        .is_problem(400, "bad_json");
    service
        .post(route, "text/plain", CIVIC)
        .await
        .is_problem(415, "unsupported_media_type");
    let path = format!("{route}/{CIVIC}");
    for (query, pointer) in [
        ("model_year=soon", "/query/model_year"),
        ("attributes=maybe", "/query/attributes"),
        ("color=red", "/query"),
    ] {
        let answer = service.get(&format!("{path}?{query}")).await;
        let problem = answer.is_problem(422, "invalid_parameter");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    service
        .get(route)
        .await
        .is_problem(405, "method_not_allowed");
    let keyless = service.send(Method::GET, &path, &[]).await;
    keyless.is_problem(401, "api_key_missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_vin_is_in_the_log_or_in_a_metric() {
    let etl = Etl::with_live_release().await;
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    service.get(&format!("/vehicles/vindecode/{CIVIC}")).await;
    service.decode(&json!({ "vin": CIVIC })).await;
    service
        .decode(&json!({ "vin": format!("{CIVIC}11") }))
        .await;
    let metrics = service.get("/metrics").await.text;
    assert!(metrics.contains("/vehicles/vindecode/{vin}"));
    assert!(!metrics.contains(CIVIC));
    for entry in std::fs::read_dir(etl.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("serve")
        {
            assert!(!std::fs::read_to_string(path).unwrap().contains(CIVIC));
        }
    }
}
