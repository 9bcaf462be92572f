//! The feed of events.

use crate::house::House;
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn events_come_in_order_without_gaps_whoever_writes() {
    let house = House::new().await;
    let calls = (0..30).map(|number| made_in_the_rush(&house, number));
    futures_util::future::join_all(calls).await;
    let mut after = 0;
    let mut seen = Vec::new();
    loop {
        let page = house
            .get(&format!("/tenants/events?after={after}&limit=7"))
            .await
            .is(200);
        let data = page["data"].as_array().unwrap();
        if data.is_empty() {
            break;
        }
        seen.extend(data.iter().map(|event| event["seq"].as_i64().unwrap()));
        after = page["next"].as_i64().unwrap();
        assert_eq!(page["oldest"], 1);
    }
    let expected: Vec<i64> = (1..=i64::try_from(seen.len()).unwrap()).collect();
    assert_eq!(seen, expected);
    assert!(seen.len() >= 40, "{}", seen.len());
}

/// The pool has its limits: whoever found no connection is told to come again, and does.
async fn made_in_the_rush(house: &House, number: u32) {
    let body = json!({ "name": format!("T {number}") });
    loop {
        let answer = house.post("/tenants", body.clone()).await;
        if answer.status != 503 {
            answer.is(201);
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_knows_more_than_there_is_learns_that_at_once() {
    let house = House::new().await;
    house.tenant("personal").await;
    let end = house.get("/tenants/events").await.is(200)["next"].clone();
    let begun = Instant::now();
    let path = "/tenants/events?after=999999&wait_s=25";
    let page = house.get(path).await.is(200);
    assert_eq!((&page["next"], &page["data"]), (&end, &json!([])));
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_reader_learns_of_an_event_at_once() {
    let house = House::new().await;
    let end = house.get("/tenants/events").await.is(200)["next"]
        .as_i64()
        .unwrap();
    let path = format!("/tenants/events?after={end}&wait_s=20");
    let begun = Instant::now();
    let (page, _) = tokio::join!(house.get(&path), async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        house.tenant("personal").await
    });
    assert_eq!(page.is(200)["data"][0]["type"], "tenant.created");
    assert!(
        begun.elapsed() < Duration::from_secs(15),
        "{:?}",
        begun.elapsed()
    );
    house
        .get("/tenants/events?wait_s=26")
        .await
        .names(422, "/query/wait_s");
    house
        .get("/tenants/events?limit=0")
        .await
        .names(422, "/query/limit");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_stops_lets_no_reader_wait() {
    let mut house = House::new().await;
    let url = format!("{}/tenants/events?wait_s=25", house.url);
    let waiting = tokio::spawn(async move {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.get(url).header("X-API-Key", crate::house::KEY);
        request.send().await.unwrap().status()
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    let begun = Instant::now();
    house.terminate();
    assert_eq!(waiting.await.unwrap(), 200);
    house.ended().await;
    assert!(
        begun.elapsed() < Duration::from_secs(15),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_left_no_event() {
    let house = House::new().await;
    let tenant = house.tenant("personal").await;
    let before = house.events_of(&tenant).await;
    house
        .delete(&format!("/tenants/{tenant}/members/owner"))
        .await
        .is_problem(409, "last_owner");
    house
        .post(&format!("/tenants/{tenant}/resume"), json!({}))
        .await
        .is(200);
    assert_eq!(house.events_of(&tenant).await, before);
}
