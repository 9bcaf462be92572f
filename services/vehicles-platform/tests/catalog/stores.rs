//! Redis and PostgreSQL failing under the service.

use crate::etl::Etl;
use crate::service::{NO_REDIS, Service};
use std::time::Duration;
use test_kit::Answer;
use test_kit::{ChaosProxy, RedisServer, eventually_async};

const YEARS: &str = "/vehicles/years";

#[tokio::test(flavor = "multi_thread")]
async fn what_one_process_has_found_another_takes_from_redis() {
    let etl = Etl::with_live_release().await;
    let redis = RedisServer::start();
    let first = Service::ready(&etl, etl.port, redis.port).await;
    first.warmed().await;
    let second = Service::ready(&etl, etl.port, redis.port).await;
    second.warmed().await;
    assert!(second.found("redis").await > second.found("source").await);
    assert_eq!(second.get(YEARS).await.text, first.get(YEARS).await.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_or_frozen_redis_makes_no_answer_wrong_and_none_fail() {
    let etl = Etl::with_live_release().await;
    let mut redis = RedisServer::start();
    let service = Service::ready(&etl, etl.port, redis.port).await;
    service.warmed().await;
    let right = service.list("/vehicles/makes?year=2022").await;
    redis.freeze();
    for types in ["car", "mpv", "truck", "car,mpv", "car,truck", "mpv,truck"] {
        let answer = service
            .get(&format!("/vehicles/makes?year=2022&vehicle_type={types}"))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert!(answer.taken < Duration::from_secs(2), "{:?}", answer.taken);
    }
    eventually_async("a frozen Redis is told of", || async {
        service.get("/health").await.json()["status"] == "degraded"
    })
    .await;
    redis.thaw();
    redis.kill();
    for year in 1990..2000 {
        assert_eq!(
            service
                .get(&format!("/vehicles/makes?year={year}&vehicle_type=car"))
                .await
                .status,
            200
        );
    }
    assert_eq!(service.list("/vehicles/makes?year=2022").await, right);
    assert_eq!(service.get("/health/ready").await.status, 200);
    redis.restart();
    eventually_async("the service is well again", || async {
        service.get("/health").await.json()["status"] == "ok"
    })
    .await;
}

fn is_quick_refusal(answer: &Answer) {
    answer.is_problem(503, "unavailable");
    assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
    assert!(answer.taken < Duration::from_secs(4), "{:?}", answer.taken);
    assert!(!answer.text.contains("127.0.0.1"), "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_database_it_answers_what_it_knows_and_refuses_the_rest_quickly() {
    let etl = Etl::with_live_release().await;
    let proxy = ChaosProxy::start(format!("127.0.0.1:{}", etl.port)).await;
    let service = Service::ready(&etl, proxy.port, NO_REDIS).await;
    service.warmed().await;
    let known = service.get(YEARS).await;
    for (nth, name) in ["cut", "hanging"].into_iter().enumerate() {
        if name == "cut" {
            proxy.cut();
        } else {
            proxy.hang();
        }
        // Asked together, so that each waits on its own.
        let unknown = [1981, 1982, 1983].map(|year| {
            format!(
                "/vehicles/makes?year={year}&vehicle_type=car,{}",
                ["mpv", "truck"][nth]
            )
        });
        let answers =
            futures_util::future::join_all(unknown.iter().map(|path| service.get(path))).await;
        answers.iter().for_each(is_quick_refusal);
        assert_eq!(service.get(YEARS).await.text, known.text, "{name}");
        eventually_async("it is not ready", || async {
            service.get("/health/ready").await.status == 503
        })
        .await;
        assert_eq!(service.get("/health/live").await.status, 200, "{name}");
        proxy.heal();
        eventually_async("it answers again", || async {
            service.get(&unknown[0]).await.status == 200
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_ask_the_same_at_once_ask_the_database_once() {
    let etl = Etl::with_live_release().await;
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    service.warmed().await;
    let before = service.found("source").await;
    let path = "/vehicles/makes?year=2022&vehicle_type=mpv";
    let answers = futures_util::future::join_all((0..200).map(|_| service.get(path))).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == 200 && answer.text == answers[0].text)
    );
    assert_eq!(service.found("source").await, before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn pending_migrations_make_it_unready_and_applied_ones_ready_again() {
    let etl = Etl::with_live_release().await;
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    let database = etl.database.superuser().await;
    let rename = |from: &str, to: &str| format!("ALTER TABLE etl.{from} RENAME TO {to}");
    let forget = rename("migration", "forgotten")
        + "; CREATE TABLE etl.migration (version int); GRANT SELECT ON etl.migration TO PUBLIC";
    database.batch_execute(&forget).await.unwrap();
    eventually_async("it is not ready", || async {
        service.get("/health/ready").await.status == 503
    })
    .await;
    let health = service.get("/health").await.json();
    assert_eq!(health["checks"]["migrations"]["status"], "unavailable");
    let restore = "DROP TABLE etl.migration; ".to_owned() + &rename("forgotten", "migration");
    database.batch_execute(&restore).await.unwrap();
    eventually_async("it is ready again", || async {
        service.get("/health/ready").await.status == 200
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn made_up_picks_ask_the_database_once_and_leave_nothing_in_the_cache() {
    let etl = Etl::with_live_release().await;
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    service.warmed().await;
    let honda = service.id_of("/vehicles/makes?year=2022", "Honda").await;
    let models = format!("/vehicles/models?year=2022&make_id={honda}");
    let civic = service.id_of(&models, "Civic").await;
    let civic = format!("year=2022&make_id={honda}&model_id={civic}");
    let before = service.found("source").await;
    for pick in 1..=20 {
        for side in ["trims", "transmissions", "configurations"] {
            let path = format!("/vehicles/{side}?{civic}&engine_id={pick}");
            assert_eq!(service.get(&path).await.status, 200, "{path}");
        }
    }
    assert_eq!(service.found("source").await, before + 1);
}
