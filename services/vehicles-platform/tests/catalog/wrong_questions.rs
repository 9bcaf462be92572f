//! Questions that cannot be answered, and what is said of each.

use crate::etl::{Etl, Ran};
use crate::service::{KEY, NO_REDIS, Service};
use reqwest::Method;
use serde_json::Value;

fn pointers(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().unwrap();
    errors
        .iter()
        .map(|e| e["pointer"].as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_parameter_that_is_wrong_is_named_at_once() {
    let etl = Etl::with_live_release().await;
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    let long = "9".repeat(10_000);
    let (long_year, long_q) = (format!("makes?year={long}"), format!("search?q={long}"));
    for (path, wrong) in [
        ("makes", &["year"][..]),
        ("makes?year=", &["year"]),
        ("makes?year=abc", &["year"]),
        ("makes?year=1899", &["year"]),
        ("makes?year=2101", &["year"]),
        ("makes?year=-2022", &["year"]),
        ("makes?year=2022.5", &["year"]),
        ("makes?year=%EF%BC%92%EF%BC%90%EF%BC%92%EF%BC%92", &["year"]),
        ("makes?year=%FF%FE", &["year"]),
        (&long_year, &["year"]),
        ("makes?year=2022&year=2022", &["year"]),
        ("makes?year=2022&color=red", &["color"]),
        ("makes?year=2022&vehicle_type=trailer", &["vehicle_type"]),
        ("years?vehicle_type=", &["vehicle_type"]),
        ("models", &["year", "make_id"]),
        ("models?year=x&make_id=-1&z=1", &["z", "year", "make_id"]),
        ("models?year=2022&make_id=99999999999", &["make_id"]),
        ("trims", &["year", "make_id", "model_id"]),
        (
            "trims?year=2022&make_id=1&model_id=1&trim_id=1",
            &["trim_id"],
        ),
        (
            "engines?year=2022&make_id=1&model_id=1&engine_id=1",
            &["engine_id"],
        ),
        (
            "transmissions?year=2022&make_id=1&model_id=1&transmission_id=1",
            &["transmission_id"],
        ),
        (
            "configurations?year=2022&make_id=1&model_id=1&trim_id=x",
            &["trim_id"],
        ),
        ("search", &["q"]),
        ("search?q=", &["q"]),
        ("search?q=a&limit=0", &["limit"]),
        ("search?q=a&limit=51", &["limit"]),
        (&long_q, &["q"]),
    ] {
        let shown: String = path.chars().take(80).collect();
        let problem = service.get(&format!("/vehicles/{path}")).await;
        let problem = problem.is_problem(422, "invalid_parameter");
        let expected: Vec<String> = wrong.iter().map(|name| format!("/query/{name}")).collect();
        assert_eq!(pointers(&problem), expected, "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_is_404_and_what_has_no_data_is_an_empty_list() {
    let etl = Etl::with_live_release().await;
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    let honda = service.id_of("/vehicles/makes?year=2022", "Honda").await;
    let ford = service.id_of("/vehicles/makes?year=2022", "Ford").await;
    let models = format!("/vehicles/models?year=2022&make_id={honda}");
    let civic = service.id_of(&models, "Civic").await;
    for (path, pointer) in [
        (
            "models?year=2022&make_id=99999999".to_owned(),
            "/query/make_id",
        ),
        (
            format!("trims?year=2022&make_id={honda}&model_id=99999999"),
            "/query/model_id",
        ),
        (
            format!("engines?year=2022&make_id={ford}&model_id={civic}"),
            "/query/model_id",
        ),
        (
            format!("configurations?year=2022&make_id=99999999&model_id={civic}"),
            "/query/model_id",
        ),
    ] {
        let answer = service.get(&format!("/vehicles/{path}")).await;
        assert_eq!(
            pointers(&answer.is_problem(404, "not_found")),
            [pointer],
            "{path}"
        );
    }
    for path in [
        "makes?year=1950".to_owned(),
        "makes?year=2100".to_owned(),
        format!("models?year=1950&make_id={honda}"),
        format!("trims?year=1950&make_id={honda}&model_id={civic}"),
        format!("engines?year=2022&make_id={honda}&model_id={civic}&trim_id=1"),
        "search?q=zzzz".to_owned(),
        "search?q=--".to_owned(),
    ] {
        assert_eq!(
            service.list(&format!("/vehicles/{path}")).await,
            [Value::Null; 0],
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_and_other_paths_are_refused_and_head_is_a_get_without_a_body() {
    let etl = Etl::with_live_release().await;
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    let path = "/vehicles/makes?year=2022";
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let answer = service.send(method, path, &[("X-API-Key", KEY)]).await;
        answer.is_problem(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), "GET, HEAD");
    }
    service
        .get("/vehicles/planes")
        .await
        .is_problem(404, "not_found");
    let (get, head) = (
        service.get(path).await,
        service
            .send(Method::HEAD, path, &[("X-API-Key", KEY)])
            .await,
    );
    assert_eq!((head.status, head.text.as_str()), (get.status, ""));
    for name in ["etag", "content-length", "x-data-release", "cache-control"] {
        assert_eq!(head.header(name), get.header(name));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_release_it_is_alive_and_not_ready_and_takes_one_up_when_it_comes() {
    let etl = Etl::new().await;
    let service = Service::start(&etl, etl.port, NO_REDIS).await;
    assert_eq!(service.get("/health/live").await.status, 200);
    assert_eq!(service.get("/health/ready").await.status, 503);
    for path in ["/vehicles/years", "/vehicles/search?q=honda"] {
        let answer = service.get(path).await;
        answer.is_problem(503, "no_release");
        assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
    }
    etl.load(&etl.file("mini_2026_01.sql", crate::etl::mini()))
        .succeeded();
    // A question asked now finds the release itself: nobody waits for the next look.
    assert!(!service.list("/vehicles/years").await.is_empty());
    test_kit::eventually_async("its health names the release", || async {
        let health = service.get("/health").await.json();
        health["checks"]["vpic_release"]["month"] == "2026-01"
    })
    .await;
    assert_eq!(service.get("/health/ready").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_nobody_could_ask_does_not_start() {
    let etl = Etl::new().await;
    let ran = etl
        .command(&["serve"])
        .env_remove("MVP_VEHICLES_PLATFORM__API_KEYS__FILES")
        .output()
        .unwrap();
    Ran::from(ran).failed(3, "api_keys.files");
}
