//! The service while its PostgreSQL hangs, is cut off and comes back.

use crate::town::{ANNA, Town};
use reqwest::Method;
use serde_json::json;
use std::time::{Duration, Instant};
use test_kit::eventually_async;

#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_that_hangs_is_a_503_and_no_acknowledged_write_is_lost_or_doubled() {
    let (town, proxy) = Town::behind_a_proxy().await;
    let anna = town.person(ANNA);
    anna.add(json!({ "nickname": "Before" })).await;
    proxy.hang();
    let begun = Instant::now();
    let refused = anna.get("/api/vehicles").await;
    refused.is_problem(503, "unavailable");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
    assert!(
        begun.elapsed() < Duration::from_secs(4),
        "{:?}",
        begun.elapsed()
    );
    // What a person sends again and again until it is taken, under one key.
    let key = [("Idempotency-Key", "during")];
    let body = json!({ "nickname": "During" });
    let add = || anna.send(Method::POST, "/api/vehicles", &key, Some(body.clone()));
    add().await.is_problem(503, "unavailable");
    proxy.heal();
    let healed = Instant::now();
    eventually_async("it is taken", || async { add().await.status == 201 }).await;
    assert!(
        healed.elapsed() < Duration::from_secs(5),
        "{:?}",
        healed.elapsed()
    );
    for _ in 0..3 {
        proxy.cut();
        proxy.heal();
        eventually_async("it answers", || async { add().await.status == 201 }).await;
    }
    let list = anna.get("/api/vehicles").await.is(200);
    let names: Vec<_> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["nickname"].clone())
        .collect();
    assert_eq!(names, ["Before", "During"]);
}
