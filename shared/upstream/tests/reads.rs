//! Answers that are kept, while the service is well, changes, fails, and while Redis does.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests stop at the first surprise"
)]

use cache::{Cache, Policy, RedisSettings, RedisStore};
use std::sync::Arc;
use std::time::{Duration, Instant};
use test_kit::{Answering, RecordingServer, RedisServer, eventually, eventually_async};
use upstream::{
    Asking, Edition, NoAnswer, Question, Reading, Reads, Source, Upstream, UpstreamSettings,
};

const A_DAY: Duration = Duration::from_hours(24);
const AT_ONCE: Duration = Duration::ZERO;

fn redis(server: &RedisServer) -> RedisStore {
    let settings = RedisSettings {
        host: "127.0.0.1".into(),
        port: server.port,
        password_file: None,
    };
    RedisStore::new(&settings).unwrap()
}

fn reads_of(url: &str, fresh_for: Duration, redis: Option<RedisStore>) -> Reads {
    let policy = Policy {
        fresh_for,
        keep_for: 30 * A_DAY,
        local_bytes: 1 << 20,
    };
    let upstream = Upstream::new("vehicles", &UpstreamSettings::at(url)).unwrap();
    Reads::new(
        upstream.operation("lists"),
        Cache::new("test", redis, policy),
        fresh_for,
        Edition::named_by("x-data-release"),
    )
}

fn reads(url: &str, fresh_for: Duration) -> Reads {
    reads_of(url, fresh_for, None)
}

async fn ask(reads: &Reads, path: &str) -> Result<Reading, NoAnswer> {
    let asking = Asking::alone(Duration::from_secs(4));
    reads.read(path, &Question::get(path), &asking).await
}

fn text(reading: &Reading) -> &str {
    str::from_utf8(&reading.body).unwrap()
}

fn says(
    body: &'static str,
    edition: &'static str,
) -> impl Fn(&test_kit::Asked) -> Answering + Send {
    move |_| Answering::json(body).with("X-Data-Release", edition)
}

#[tokio::test]
async fn five_hundred_cold_questions_are_one() {
    let slow = |_: &_| Answering::json("[1]").after(Duration::from_millis(100));
    let server = RecordingServer::start(slow).await;
    let reads = reads(&server.url(), A_DAY);
    let all = futures_util::future::join_all((0..500).map(|_| ask(&reads, "/makes"))).await;
    assert!(all.iter().all(|it| text(it.as_ref().unwrap()) == "[1]"));
    assert_eq!(server.times_asked(), 1);
    let kept = ask(&reads, "/makes").await.unwrap();
    assert_eq!(kept.source, Source::Cache);
    assert_eq!(server.times_asked(), 1);
}

#[tokio::test]
async fn past_its_time_an_answer_is_given_at_once_and_refreshed_once() {
    let server = RecordingServer::start(says("[1]", "one")).await;
    let reads = reads(&server.url(), AT_ONCE);
    assert_eq!(
        ask(&reads, "/makes").await.unwrap().source,
        Source::Upstream
    );
    tokio::time::sleep(Duration::from_millis(5)).await;
    server.answer(|_| {
        let answer = Answering::json("[2]").with("X-Data-Release", "one");
        answer.after(Duration::from_millis(300))
    });
    let begun = Instant::now();
    let all = futures_util::future::join_all((0..100).map(|_| ask(&reads, "/makes"))).await;
    assert!(begun.elapsed() < Duration::from_millis(250));
    for stale in all {
        let stale = stale.unwrap();
        assert_eq!((text(&stale), stale.source), ("[1]", Source::Stale));
        assert!(stale.age >= Duration::from_millis(5));
    }
    eventually_async("the new answer is kept", || async {
        text(&ask(&reads, "/makes").await.unwrap()) == "[2]"
    })
    .await;
    assert!(server.times_asked() <= 3, "{}", server.times_asked());
}

#[tokio::test]
async fn without_the_service_what_is_kept_is_given_and_the_rest_refused_at_once() {
    let server = RecordingServer::start(says("[1]", "one")).await;
    let reads = reads(&server.url(), AT_ONCE);
    ask(&reads, "/makes").await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    server.answer(|_| Answering::status(500));
    for _ in 0..60 {
        let kept = ask(&reads, "/makes").await.unwrap();
        assert_eq!((text(&kept), kept.source), ("[1]", Source::Stale));
        let _ = ask(&reads, "/models").await;
    }
    let begun = Instant::now();
    match ask(&reads, "/trims").await {
        Err(NoAnswer::Unavailable(after)) => assert!(after > Duration::from_secs(20), "{after:?}"),
        other => panic!("{other:?}"),
    }
    assert!(
        begun.elapsed() < Duration::from_millis(100),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn another_edition_drops_what_is_kept_but_not_while_it_cannot_be_had() {
    let server = RecordingServer::start(says("[1]", "one")).await;
    let reads = reads(&server.url(), A_DAY);
    for path in ["/years", "/makes"] {
        assert_eq!(
            ask(&reads, path).await.unwrap().edition.as_deref(),
            Some("one")
        );
    }
    server.answer(says("[2]", "two"));
    assert_eq!(
        text(&ask(&reads, "/makes").await.unwrap()),
        "[1]",
        "not heard yet"
    );
    assert_eq!(text(&ask(&reads, "/trims").await.unwrap()), "[2]");
    let fresh = ask(&reads, "/makes").await.unwrap();
    assert_eq!((text(&fresh), fresh.source), ("[2]", Source::Upstream));
    server.answer(|_| Answering::status(404));
    assert!(matches!(
        ask(&reads, "/years").await,
        Err(NoAnswer::Refused(_))
    ));
    server.answer(|_| Answering::status(500));
    let old = ask(&reads, "/years").await.unwrap();
    assert_eq!((text(&old), old.source), ("[1]", Source::Stale));
}

#[tokio::test]
async fn a_refusal_is_passed_on_and_not_kept_and_one_of_our_key_is_our_trouble() {
    let server = RecordingServer::start(|_| Answering::status(404)).await;
    let reads = reads(&server.url(), A_DAY);
    for times in 1..=3 {
        let refused = ask(&reads, "/makes").await;
        assert!(matches!(refused, Err(NoAnswer::Refused(reply)) if reply.status == 404));
        assert_eq!(server.times_asked(), times);
    }
    server.answer(|_| Answering::status(401));
    assert!(matches!(
        ask(&reads, "/makes").await,
        Err(NoAnswer::Unavailable(_))
    ));
}

#[tokio::test]
async fn who_waits_less_than_the_service_takes_does_not_end_it_for_the_others() {
    let slow = |_: &_| Answering::json("[1]").after(Duration::from_millis(300));
    let server = RecordingServer::start(slow).await;
    let reads = reads(&server.url(), A_DAY);
    let hurried = Asking::alone(Duration::from_millis(50));
    let first = reads
        .read("/makes", &Question::get("/makes"), &hurried)
        .await;
    assert!(matches!(first, Err(NoAnswer::Unavailable(_))));
    assert_eq!(text(&ask(&reads, "/makes").await.unwrap()), "[1]");
    assert_eq!(server.times_asked(), 1);
}

#[tokio::test]
async fn another_process_finds_it_in_redis_while_the_service_is_away() {
    let server = RecordingServer::start(says("[1]", "one")).await;
    let store = RedisServer::start();
    let one = reads_of(&server.url(), A_DAY, Some(redis(&store)));
    ask(&one, "/makes").await.unwrap();
    let looking = redis(&store);
    eventually_async("it is in Redis", || async {
        looking.get("/makes").await.is_ok_and(|kept| kept.is_some())
    })
    .await;
    server.answer(|_| Answering::status(500));
    let other = reads_of(&server.url(), A_DAY, Some(redis(&store)));
    let found = ask(&other, "/makes").await.unwrap();
    assert_eq!((text(&found), found.source), ("[1]", Source::Cache));
    assert_eq!(found.edition.as_deref(), Some("one"));
}

#[tokio::test]
async fn a_frozen_and_a_killed_redis_make_no_error() {
    let server = RecordingServer::start(says("[1]", "one")).await;
    let mut store = RedisServer::start();
    let reads = Arc::new(reads_of(&server.url(), A_DAY, Some(redis(&store))));
    store.freeze();
    let mut slowest = Duration::ZERO;
    for nth in 0..20 {
        let begun = Instant::now();
        assert_eq!(text(&ask(&reads, &format!("/{nth}")).await.unwrap()), "[1]");
        slowest = slowest.max(begun.elapsed());
    }
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    store.thaw();
    store.kill();
    for nth in 20..40 {
        assert!(ask(&reads, &format!("/{nth}")).await.is_ok());
    }
    eventually("nothing more is asked for", || server.times_asked() == 40).await;
}
