//! Readings that were taken out: looked at, put back, forgotten.

use crate::town::{ANNA, Person, Town};
use serde_json::{Value, json};
use test_kit::eventually_async;

/// A car with one reading that was taken out, and where that is.
async fn taken_out(anna: &Person<'_>) -> (String, String) {
    let car = anna.add(json!({})).await;
    let log = format!("{car}/readings");
    let read = json!({ "at": "2024-06-01T00:00:00Z", "distance": 300, "note": "on the drive" });
    let read = anna.post(&log, read).await;
    read.is(201);
    let path = read.header("location").to_owned();
    anna.delete(&path).await.is(204);
    (car, path)
}

fn ids(list: &Value) -> Vec<&str> {
    let data = list["data"].as_array().unwrap();
    data.iter().map(|it| it["id"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_out_is_listed_until_it_is_put_back() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let (car, path) = taken_out(&anna).await;
    let trash = format!("{car}/readings/trash");
    let list = anna.get(&trash).await.is(200);
    assert_eq!(ids(&list), [path.rsplit('/').next().unwrap()]);
    assert!(list["data"][0]["deleted_at"].is_string());
    let log = anna.get(&format!("{car}/readings")).await.is(200);
    assert_eq!(log["data"], json!([]));
    let back = anna.post(&format!("{path}/restore"), json!({})).await;
    assert_eq!(back.is(200)["deleted_at"], Value::Null);
    assert_eq!(anna.get(&trash).await.is(200)["data"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_back_counts_with_the_instruments_of_today() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let (car, path) = taken_out(&anna).await;
    let replaced = json!({ "kind": "odometer", "since": "2024-05-01T00:00:00Z", "old_value": 152_000, "new_value": 0 });
    let replaced = anna.post(&format!("{car}/instruments"), replaced).await;
    let instrument = anna.get(replaced.header("location")).await;
    assert_eq!(instrument.is(200), replaced.is(201));
    assert_eq!(instrument.header("etag"), replaced.header("etag"));
    let back = anna.post(&format!("{path}/restore"), json!({})).await;
    assert_eq!(back.is(200)["total_distance"], 152_300);
    let vehicle = anna.get(&car).await.is(200);
    assert_eq!(vehicle["odometer"]["distance"], 152_300);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_thirty_days_it_is_gone() {
    let mut town = Town::new().await;
    let anna = town.person(ANNA);
    let (car, path) = taken_out(&anna).await;
    let (_, kept) = taken_out(&anna).await;
    let database = town.house.database.superuser().await;
    let id = path.rsplit('/').next().unwrap();
    let age = format!(
        "UPDATE vehicles.reading SET deleted_at = now() - interval '720 hours' WHERE id = '{id}'"
    );
    database.batch_execute(&age).await.unwrap();
    let late = anna.post(&format!("{path}/restore"), json!({})).await;
    late.is_problem(404, "not_found");
    let trash = anna.get(&format!("{car}/readings/trash")).await.is(200);
    assert_eq!(trash["data"], json!([]));
    town.house.start_worker().await;
    eventually_async("the worker has forgotten it", || async {
        let left = "SELECT count(*) FROM vehicles.reading";
        let left: i64 = database.query_one(left, &[]).await.unwrap().get(0);
        left == 1
    })
    .await;
    let back = format!("{kept}/restore");
    town.person(ANNA).post(&back, json!({})).await.is(200);
}
