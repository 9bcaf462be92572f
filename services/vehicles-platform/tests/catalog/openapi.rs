//! The API document: the committed one, the served one, and that it tells the truth about keys.

use crate::etl::Etl;
use crate::service::{NO_REDIS, Service};
use reqwest::Method;
use serde_json::Value;
use std::path::Path;

#[tokio::test(flavor = "multi_thread")]
async fn the_committed_document_is_the_one_that_is_served() {
    let etl = Etl::new().await;
    let printed = etl.run(&["openapi"]).succeeded().stdout;
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi/vehicles-platform.json");
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == printed,
        "the API has changed: vehicles-platform openapi > docs/openapi/vehicles-platform.json"
    );
    let service = Service::start(&etl, etl.port, NO_REDIS).await;
    let served = service.send(Method::GET, "/openapi.json", &[]).await.json();
    assert_eq!(served, serde_json::from_str::<Value>(&printed).unwrap());
    assert_eq!(served["openapi"], "3.1.0");
    let page = service.send(Method::GET, "/docs/", &[]).await;
    assert!(page.text.contains("swagger-ui"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_route_wants_a_key_and_the_standard_ones_do_not() {
    let etl = Etl::with_live_release().await;
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    let document = service.send(Method::GET, "/openapi.json", &[]).await.json();
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 11);
    for (path, item) in paths {
        let (method, operation) = match &item["get"] {
            Value::Null => (Method::POST, &item["post"]),
            get => (Method::GET, get),
        };
        let missing = service.send(method.clone(), path, &[]).await;
        missing.is_problem(401, "api_key_missing");
        let wrong = "mvp_svc_wrong_0123456789abcdef";
        let wrong = service
            .send(method.clone(), path, &[("X-API-Key", wrong)])
            .await;
        wrong.is_problem(401, "api_key_unknown");
        let cacheable = (method == Method::GET).then_some("304");
        for status in ["200", "401", "422", "503"].into_iter().chain(cacheable) {
            assert!(
                operation["responses"].get(status).is_some(),
                "{path} tells of no {status}"
            );
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(
                !parameter["description"].as_str().unwrap().is_empty(),
                "{parameter}"
            );
        }
    }
    for open in [
        "/health",
        "/health/live",
        "/health/ready",
        "/metrics",
        "/openapi.json",
    ] {
        assert_eq!(
            service.send(Method::GET, open, &[]).await.status,
            200,
            "{open}"
        );
    }
}
