//! Calls to a service that is well, slow, broken and gone.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use test_kit::{Answering, ChaosProxy, RecordingServer};
use upstream::breaker::State;
use upstream::{Asking, Failure, Operation, Question, RetrySettings, Upstream, UpstreamSettings};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PATIENCE: Duration = Duration::from_secs(4);

fn operation(settings: &UpstreamSettings) -> Operation {
    Upstream::new("vehicles", settings)
        .unwrap()
        .operation("lists")
}

/// Attempts of 300 ms, no retries.
fn hasty(url: &str) -> UpstreamSettings {
    UpstreamSettings {
        attempt_timeout_ms: 300,
        retries: RetrySettings {
            max: 0,
            ..RetrySettings::default()
        },
        ..UpstreamSettings::at(url)
    }
}

fn years() -> Question {
    Question::get("/vehicles/years")
}

fn asking() -> Asking {
    Asking::alone(PATIENCE)
}

#[tokio::test]
async fn key_request_id_trace_and_deadline_go_along() {
    let server = RecordingServer::start(|_| Answering::json("[]")).await;
    let folder = tempfile::tempdir().unwrap();
    let key_file = folder.path().join("key");
    std::fs::write(&key_file, "# ours\nmvp_svc_one\nmvp_svc_two\n").unwrap();
    let operation = operation(&UpstreamSettings {
        key_file: Some(key_file),
        ..UpstreamSettings::at(server.url())
    });
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let asking = Asking::for_request("request-7", Some(parent.as_bytes()), Some(2_000), PATIENCE);
    let question = Question::post("/vehicles/vindecode", r#"{"vin":"1"}"#);
    let reply = operation.call(&question, &asking).await.unwrap();
    assert_eq!((reply.status.as_u16(), &*reply.body), (200, &b"[]"[..]));
    let asked = server.asked();
    assert_eq!(asked[0].line, "POST /vehicles/vindecode");
    assert_eq!(asked[0].body, r#"{"vin":"1"}"#);
    assert_eq!(asked[0].header("x-api-key"), "mvp_svc_one");
    assert_eq!(asked[0].header("x-request-id"), "request-7");
    let trace = asked[0].header("traceparent");
    assert!(trace.starts_with(&format!("00-{TRACE}-")) && !trace.contains("00f067aa0ba902b7"));
    let left_ms: u64 = asked[0].header("x-deadline-ms").parse().unwrap();
    assert!((1_000..=2_000).contains(&left_ms), "{left_ms}");
}

#[tokio::test]
async fn late_answers_open_it_and_then_everybody_is_told_at_once() {
    let slow = |_: &_| Answering::json("[]").after(Duration::from_mins(1));
    let server = RecordingServer::start(slow).await;
    let operation = operation(&hasty(&server.url()));
    let (question, asking) = (years(), asking());
    let calls = (0..10).map(|_| operation.call(&question, &asking));
    let ended = futures_util::future::join_all(calls).await;
    assert!(ended.iter().all(|end| matches!(end, Err(Failure::Late))));
    assert_eq!(operation.state(), State::Open);
    let begun = Instant::now();
    for _ in 0..100 {
        let end = operation.call(&question, &asking).await;
        assert!(matches!(end, Err(Failure::Open(left)) if left > Duration::from_secs(26)));
    }
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(server.times_asked(), 10);
}

#[tokio::test]
async fn five_refused_connections_open_it() {
    let operation = operation(&hasty(&format!(
        "http://127.0.0.1:{}",
        test_kit::free_port()
    )));
    for _ in 0..5 {
        assert_eq!(operation.state(), State::Closed);
        let end = operation.call(&years(), &asking()).await;
        assert_eq!(end.unwrap_err(), Failure::Failed(None));
    }
    assert_eq!(operation.state(), State::Open);
}

#[tokio::test]
async fn a_mistake_of_ours_is_no_failure_of_theirs() {
    let server = RecordingServer::start(|_| Answering::status(404)).await;
    let operation = operation(&hasty(&server.url()));
    for _ in 0..30 {
        let reply = operation.call(&years(), &asking()).await.unwrap();
        assert_eq!(reply.status.as_u16(), 404);
    }
    assert_eq!(operation.state(), State::Closed);
    for status in [408, 429, 500, 503] {
        server.answer(move |_| Answering::status(status));
        let end = operation.call(&years(), &asking()).await;
        assert_eq!(end.unwrap_err(), Failure::Failed(None), "{status}");
    }
}

#[tokio::test]
async fn what_our_own_caller_cut_short_is_not_counted() {
    let slow = |_: &_| Answering::json("[]").after(Duration::from_millis(250));
    let server = RecordingServer::start(slow).await;
    let operation = operation(&hasty(&server.url()));
    for _ in 0..12 {
        let hurried = Asking::alone(Duration::from_millis(20));
        let end = operation.call(&years(), &hurried).await;
        assert_eq!(end.unwrap_err(), Failure::Late);
    }
    assert_eq!(operation.state(), State::Closed);
    assert!(operation.call(&years(), &asking()).await.is_ok());
}

#[tokio::test]
async fn a_failure_counts_though_the_attempt_after_it_was_cut_short() {
    let asked = AtomicU32::new(0);
    let failing_then_slow = move |_: &_| match asked.fetch_add(1, Ordering::Relaxed) {
        0..10 => Answering::status(500),
        _ => Answering::json("[]").after(Duration::from_mins(1)),
    };
    let server = RecordingServer::start(failing_then_slow).await;
    let operation = operation(&UpstreamSettings {
        retries: RetrySettings {
            max: 1,
            budget_percent: 100,
            budget_floor: 100,
        },
        ..UpstreamSettings::at(server.url())
    });
    let (question, hurried) = (years(), Asking::alone(Duration::from_secs(1)));
    let calls = (0..10).map(|_| operation.call(&question, &hurried));
    let ended = futures_util::future::join_all(calls).await;
    assert!(ended.iter().all(|end| matches!(end, Err(Failure::Late))));
    assert_eq!(operation.state(), State::Open);
}

#[tokio::test]
async fn who_finds_no_place_is_turned_away_and_not_counted() {
    let slow = |_: &_| Answering::json("[]").after(Duration::from_secs(1));
    let server = RecordingServer::start(slow).await;
    let operation = operation(&UpstreamSettings {
        max_in_flight: 1,
        ..UpstreamSettings::at(server.url())
    });
    let (question, asking) = (years(), asking());
    let calls = (0..21).map(|_| operation.call(&question, &asking));
    let ended = futures_util::future::join_all(calls).await;
    let busy = |end: &&Result<_, Failure>| matches!(end, Err(Failure::Busy));
    assert_eq!(ended.iter().filter(busy).count(), 20);
    assert_eq!(operation.state(), State::Closed);
    assert_eq!(server.times_asked(), 1);
}

#[tokio::test]
async fn what_failed_is_asked_again_after_a_moment_or_when_the_service_says() {
    let server = RecordingServer::start(|_| Answering::json("[]")).await;
    let operation = operation(&UpstreamSettings::at(server.url()));
    let failing_once = |failure: Answering| {
        let failures = std::sync::Mutex::new(vec![failure]);
        move |_: &_| {
            let failure = failures.lock().unwrap().pop();
            failure.unwrap_or_else(|| Answering::json("[]"))
        }
    };
    server.answer(failing_once(Answering::status(500)));
    let begun = Instant::now();
    assert!(operation.call(&years(), &asking()).await.is_ok());
    assert!(begun.elapsed() >= Duration::from_millis(50));

    server.answer(failing_once(
        Answering::status(503).with("Retry-After", "1"),
    ));
    let begun = Instant::now();
    assert!(operation.call(&years(), &asking()).await.is_ok());
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.times_asked(), 4);

    server.answer(|_| Answering::status(503).with("Retry-After", "60"));
    let end = operation.call(&years(), &asking()).await;
    assert_eq!(
        end.unwrap_err(),
        Failure::Failed(Some(Duration::from_mins(1)))
    );
    assert_eq!(server.times_asked(), 5, "not within our time");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let server = RecordingServer::start(|_| Answering::status(302).with("Location", "/else")).await;
    let operation = operation(&UpstreamSettings::at(server.url()));
    let reply = operation.call(&years(), &asking()).await.unwrap();
    assert_eq!(reply.status.as_u16(), 302);
    assert_eq!(server.times_asked(), 1);
}

#[tokio::test]
async fn cut_and_reset_connections_open_it_and_a_good_probe_closes_it() {
    let server = RecordingServer::start(|_| Answering::json("[]")).await;
    let proxy = ChaosProxy::start(format!("127.0.0.1:{}", server.port)).await;
    for name in ["cut", "reset", "hanging"] {
        let mut settings = hasty(&format!("http://127.0.0.1:{}", proxy.port));
        settings.breaker.open_ms = 200;
        let operation = operation(&settings);
        assert!(operation.call(&years(), &asking()).await.is_ok());
        match name {
            "cut" => proxy.cut(),
            "reset" => proxy.reset(),
            _ => proxy.hang(),
        }
        let (question, asking) = (years(), asking());
        let calls = (0..12).map(|_| operation.call(&question, &asking));
        let ended = futures_util::future::join_all(calls).await;
        assert!(ended.iter().all(Result::is_err), "{name}");
        assert!(operation.call(&question, &asking).await.is_err(), "{name}");
        proxy.heal();
        test_kit::eventually_async("the breaker is closed", || async {
            operation.call(&question, &asking).await.is_ok()
        })
        .await;
        assert_eq!(operation.state(), State::Closed, "{name}");
    }
}
