//! The server as its callers see it, over real connections.
#![cfg(feature = "server")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use actix_web::middleware::from_fn;
use actix_web::{HttpResponse, get, post, web};
use problem::{Code, Problem};
use reqwest::{Client, Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use service::health::{Health, Need};
use service::server::{Process, ServerSettings, bind, deadline, openapi, run};
use service::telemetry;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use utoipa::OpenApi;
use utoipa_actix_web::service_config::ServiceConfig;

#[derive(OpenApi)]
#[openapi(info(title = "Sample"))]
struct Api;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    year: u16,
}

#[utoipa::path]
#[get("/cars/{id}")]
async fn read_car(id: web::Path<u32>, query: web::Query<Query>) -> String {
    format!("{id} {}", query.year)
}

#[utoipa::path]
#[post("/cars")]
async fn create_car(body: web::Json<BTreeMap<String, String>>) -> HttpResponse {
    HttpResponse::Created().json(body.into_inner())
}

#[utoipa::path]
#[post("/anything")]
async fn take_anything(body: web::Json<Value>) -> String {
    body.to_string()
}

#[utoipa::path]
#[get("/broken")]
async fn read_broken() -> Result<String, Problem> {
    Err(Problem::new(Code::Unavailable)
        .detail("The database is away.")
        .retry_after_s(7))
}

#[utoipa::path]
#[get("/slow")]
async fn read_slow() -> &'static str {
    tokio::time::sleep(Duration::from_millis(300)).await;
    "done"
}

#[utoipa::path]
#[get("/slow/{id}")]
async fn read_slow_within(_id: web::Path<u32>) -> &'static str {
    tokio::time::sleep(Duration::from_millis(300)).await;
    "done"
}

#[utoipa::path]
#[post("/slow")]
async fn create_slowly(body: web::Json<BTreeMap<String, String>>) -> String {
    tokio::time::sleep(Duration::from_millis(300)).await;
    body["x"].len().to_string()
}

fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(read_car)
        .service(create_car)
        .service(take_anything)
        .service(read_broken)
        .service(read_slow)
        .service(
            utoipa_actix_web::scope("/limited")
                .wrap(from_fn(deadline::keep))
                .service(read_slow_within)
                .service(create_slowly),
        );
}

struct Running {
    url: String,
    stop: oneshot::Sender<()>,
    done: tokio::task::JoinHandle<std::io::Result<()>>,
}

fn start() -> Running {
    start_with(None)
}

fn start_with(max_requests: Option<usize>) -> Running {
    let settings = ServerSettings {
        host: "127.0.0.1".into(),
        port: 0,
        workers: Some(1),
        max_requests,
    };
    let listener = bind(&settings).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let health = Health::new("sample", "1.0.0")
        .check("postgres", Need::Required, || async { Ok(BTreeMap::new()) })
        .check("redis", Need::Optional, || async {
            Err("refused".to_owned())
        });
    let process = Process {
        health: Arc::new(health),
        telemetry: telemetry::without_logs("sample", "1.0.0").unwrap(),
        openapi: openapi(Api::openapi(), routes),
    };
    let (stop, stopped) = oneshot::channel();
    let done = tokio::spawn(async move {
        run(listener, &settings, process, routes, async {
            stopped.await.unwrap();
        })
        .await
    });
    Running { url, stop, done }
}

async fn problem(response: reqwest::Response) -> Value {
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    let request_id = response.headers()["x-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["instance"], request_id);
    body
}

#[tokio::test]
async fn every_framework_error_is_a_problem_with_the_request_id() {
    let server = start();
    let url = |path: &str| format!("{}{path}", server.url);
    let client = Client::new();
    let cases = [
        (client.get(url("/nowhere")), 404, "not_found"),
        (client.get(url("/cars/1")), 422, "invalid_parameter"),
        (client.get(url("/cars/1?year=x")), 422, "invalid_parameter"),
        (
            client.get(url("/cars/1?year=2022&colour=red")),
            422,
            "invalid_parameter",
        ),
        (
            client.get(url("/cars/x?year=2022")),
            422,
            "invalid_parameter",
        ),
        (client.delete(url("/cars")), 405, "method_not_allowed"),
        (
            client.post(url("/cars")).body("{}"),
            415,
            "unsupported_media_type",
        ),
        (
            client
                .post(url("/cars"))
                .header("content-type", "application/json")
                .body("{"),
            400,
            "bad_json",
        ),
        (client.post(url("/cars")).json(&[1]), 422, "invalid_body"),
        (
            client.post(url("/cars")).json(&"x".repeat(300_000)),
            413,
            "body_too_large",
        ),
        (client.get(url("/broken")), 503, "unavailable"),
        (client.post(url("/health")), 405, "method_not_allowed"),
    ];
    for (request, status, code) in cases {
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{code}");
        assert_eq!(problem(response).await["code"], code);
    }
}

/// Spaces in so few bytes that only who unpacks them learns how many they are.
fn packed(spaces: usize) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(&vec![b' '; spaces]).unwrap();
    packer.finish().unwrap()
}

#[tokio::test]
async fn bodies_made_to_be_large_or_deep_are_refused() {
    let server = start();
    let client = Client::new();
    let send = |kind: &str, body: Vec<u8>| {
        let request = client.post(format!("{}/anything", server.url));
        request.header("content-type", kind).body(body)
    };
    let bomb = packed(50_000_000);
    assert!(bomb.len() < 100_000);
    let parts = "--b\r\ncontent-disposition: form-data; name=a\r\n\r\nx\r\n".repeat(10_000);
    let cases = [
        (
            send("application/json", "[".repeat(200_000).into()),
            400,
            "bad_json",
        ),
        (
            send("application/json", "{\"a\":".repeat(40_000).into()),
            400,
            "bad_json",
        ),
        (
            send("application/json", vec![b' '; 100_000_000]),
            413,
            "body_too_large",
        ),
        (
            send("application/json", bomb).header("content-encoding", "gzip"),
            413,
            "body_too_large",
        ),
        (
            send("multipart/form-data; boundary=b", parts.into()),
            415,
            "unsupported_media_type",
        ),
    ];
    for (place, (request, status, code)) in cases.into_iter().enumerate() {
        let response = request.send().await;
        // Who is told in the middle of a hundred megabytes may not have ears for the answer.
        let Ok(response) = response else {
            assert_eq!(place, 2);
            continue;
        };
        assert_eq!(response.status().as_u16(), status, "{place}");
        assert_eq!(problem(response).await["code"], code, "{place}");
    }
    let health = client.get(format!("{}/health/live", server.url)).send();
    assert_eq!(health.await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_wrong_method_is_answered_with_the_allowed_ones() {
    let server = start();
    let client = Client::new();
    for (path, allowed) in [("/cars/1", "GET, HEAD"), ("/cars", "POST")] {
        let response = client
            .delete(format!("{}{path}", server.url))
            .send()
            .await
            .unwrap();
        assert_eq!(response.headers()["allow"], allowed);
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let server = start();
    let url = format!("{}/cars/7?year=2022", server.url);
    let response = Client::new()
        .request(Method::HEAD, url)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-length"], "6");
    assert_eq!(response.text().await.unwrap(), "");
}

#[tokio::test]
async fn a_plain_request_id_is_kept_and_a_strange_one_replaced() {
    let server = start();
    let client = Client::new();
    for (sent, kept) in [("job-2026-7", true), ("job-7", false), ("two words", false)] {
        let request = client
            .get(format!("{}/health/live", server.url))
            .header("x-request-id", sent);
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["x-request-id"] == sent, kept);
    }
}

#[tokio::test]
async fn what_nobody_waits_for_any_more_is_given_up() {
    let server = start();
    let client = Client::new();
    let ask = |path: &str, left: &str| {
        let request = client.get(format!("{}{path}", server.url));
        request.header("x-deadline-ms", left).send()
    };
    let given_up = ask("/limited/slow/1", "50").await.unwrap();
    assert_eq!(given_up.status().as_u16(), 503);
    assert_eq!(problem(given_up).await["code"], "unavailable");
    // In time; not a number; a route that does not heed it.
    for (path, left) in [
        ("/limited/slow/1", "20000"),
        ("/limited/slow/1", "soon"),
        ("/slow", "50"),
    ] {
        assert_eq!(ask(path, left).await.unwrap().status(), StatusCode::OK);
    }
    let post = |bytes: usize| {
        let request = client.post(format!("{}/limited/slow", server.url));
        let request = request.header("x-deadline-ms", "50");
        request.json(&json!({ "x": "x".repeat(bytes) })).send()
    };
    assert_eq!(post(100).await.unwrap().status().as_u16(), 503);
    // Nobody knows when the time for the answer to a long body has begun.
    assert_eq!(post(20_000).await.unwrap().text().await.unwrap(), "20000");
    let metrics = client.get(format!("{}/metrics", server.url));
    let metrics = metrics.send().await.unwrap().text().await.unwrap();
    for status in ["200", "503"] {
        let counted = metrics.lines().any(|line| {
            line.contains("_count{")
                && line.contains(&format!(r#"http_response_status_code="{status}""#))
                && line.contains(r#"http_route="/limited/slow/{id}""#)
        });
        assert!(counted, "{status}: {metrics}");
    }
}

#[tokio::test]
async fn who_comes_when_too_many_are_in_work_is_told_so_at_once() {
    let server = start_with(Some(2));
    let client = Client::new();
    let ask = || client.get(format!("{}/slow", server.url)).send();
    let asked = futures_util::future::join_all((0..6).map(|_| ask())).await;
    let mut turned_away = 0;
    for answer in asked {
        let answer = answer.unwrap();
        if answer.status() == StatusCode::OK {
            continue;
        }
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()["retry-after"], "1");
        assert_eq!(problem(answer).await["code"], "unavailable");
        turned_away += 1;
    }
    assert_eq!(turned_away, 4);
    // The places are free again, also those of callers that went away.
    for _ in 0..2 {
        let gone = tokio::time::timeout(Duration::from_millis(50), ask()).await;
        assert!(gone.is_err());
    }
    while ask().await.unwrap().status() != StatusCode::OK {}
    let running = tokio::spawn(futures_util::future::join(ask(), ask()));
    let get = |path: &str| client.get(format!("{}{path}", server.url)).send();
    let live = get("/health/live").await.unwrap();
    assert_eq!(live.status(), StatusCode::OK);
    let metrics = get("/metrics").await.unwrap().text().await.unwrap();
    assert!(metrics.contains("mvp_turned_away_requests_total"));
    let (one, other) = running.await.unwrap();
    assert!(one.is_ok() && other.is_ok());
}

#[tokio::test]
async fn health_metrics_and_docs_are_there() {
    let server = start();
    let get = async |path: &str| {
        reqwest::get(format!("{}{path}", server.url))
            .await
            .unwrap()
            .error_for_status()
            .unwrap()
    };
    let health: Value = get("/health").await.json().await.unwrap();
    assert_eq!(health["status"], "degraded");
    assert_eq!(health["checks"]["postgres"]["status"], "ok");
    assert_eq!(health["checks"]["redis"]["status"], "unavailable");
    get("/health/ready").await;
    get("/cars/1?year=2022").await;
    let metrics = get("/metrics").await.text().await.unwrap();
    assert!(metrics.contains(r#"http_route="/cars/{id}""#), "{metrics}");
    assert!(metrics.contains("mvp_build_info"));
    let document: Value = get("/openapi.json").await.json().await.unwrap();
    assert!(document["paths"]["/cars/{id}"]["get"].is_object());
    let page = get("/docs").await.text().await.unwrap();
    assert!(page.contains("swagger-ui"), "{page}");
    assert!(!page.contains("https://"), "the page works offline");
}

#[tokio::test]
async fn stopping_lets_a_running_request_finish() {
    let Running { url, stop, done } = start();
    reqwest::get(format!("{url}/health/live")).await.unwrap();
    let running = tokio::spawn(reqwest::get(format!("{url}/slow")));
    // The request is on its way once the server has taken its connection.
    tokio::time::sleep(Duration::from_millis(100)).await;
    stop.send(()).unwrap();
    assert_eq!(
        running.await.unwrap().unwrap().text().await.unwrap(),
        "done"
    );
    done.await.unwrap().unwrap();
    assert!(reqwest::get(format!("{url}/health/live")).await.is_err());
}
