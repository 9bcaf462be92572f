//! What is put off while the platform is away, and done afterwards, once.

use crate::photos::{jpeg, put};
use crate::town::{ANNA, Town, VIN};
use serde_json::{Value, json};
use std::time::Duration;
use test_kit::eventually_async;

async fn actions(town: &Town, car: &str) -> Vec<String> {
    let activity = town
        .person(ANNA)
        .get(&format!("{car}/activity"))
        .await
        .is(200);
    let data = activity["data"].as_array().unwrap();
    data.iter()
        .map(|it| it["action"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vehicle_added_while_the_platform_is_away_is_completed_when_it_is_back_exactly_once() {
    let mut town = Town::new().await;
    town.platform.kill();
    town.house.start_worker().await;
    let anna = town.person(ANNA);
    let body =
        json!({ "vin": VIN, "colour": "blue", "specification": { "model": "Accord Coupe" } });
    let car = anna.add(body).await;
    let saved = anna.get(&car).await.is(200);
    assert_eq!(saved["decoding"]["status"], "pending");
    assert_eq!(saved["specification"]["make"], json!(null));
    // Workers die in the middle of it.
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        town.house.kill_worker();
        town.house.start_worker().await;
    }
    town.platform.restart().await;
    eventually_within(Duration::from_secs(130), || async {
        let car = town.person(ANNA).get(&car).await.is(200);
        car["decoding"]["status"] == "done"
    })
    .await;
    let done = town.person(ANNA).get(&car).await.is(200);
    assert_eq!(done["specification"]["make"], "Honda");
    // What was said goes before what the VIN says.
    assert_eq!(done["specification"]["model"], "Accord Coupe");
    assert_eq!(done["colour"], "blue");
    assert_eq!(
        actions(&town, &car).await,
        ["vehicle.decoded", "vehicle.added"]
    );
    assert!(!town.house.log().to_uppercase().contains("1HGCM"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_frozen_platform_to_decode() {
    let town = Town::with(&[("PLATFORM_DATA__VIN_PATIENCE_MS", "100")]).await;
    let anna = town.person(ANNA);
    anna.add(json!({})).await;
    town.platform.freeze();
    let added = anna.post("/api/vehicles", json!({ "vin": VIN })).await;
    assert_eq!(added.is(201)["decoding"]["status"], "pending");
    // Less than an attempt's three seconds, on a busy machine too.
    assert!(added.taken < Duration::from_secs(2), "{:?}", added.taken);
}

/// Longer than a test of one service waits: a lease of a minute may have to end first.
async fn eventually_within<F: Future<Output = bool>>(patience: Duration, is_so: impl Fn() -> F) {
    let until = tokio::time::Instant::now() + patience;
    while !is_so().await {
        assert!(tokio::time::Instant::now() < until, "it was not completed");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_workers_do_a_thing_once() {
    let mut town = Town::new().await;
    town.platform.kill();
    let anna = town.person(ANNA);
    let car = anna.add(json!({ "vin": VIN })).await;
    town.platform.restart().await;
    town.house.start_workers(3).await;
    let town = town;
    eventually_async("it is decoded", || async {
        town.person(ANNA).get(&car).await.is(200)["decoding"]["status"] == "done"
    })
    .await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(
        actions(&town, &car).await,
        ["vehicle.decoded", "vehicle.added"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_lain_in_the_trash_for_thirty_days_is_gone() {
    let mut town = Town::new().await;
    let (gone, kept) = {
        let anna = town.person(ANNA);
        let gone = anna.add(json!({ "vin": VIN })).await;
        anna.post(&format!("{gone}/readings"), json!({ "distance": 1 }))
            .await
            .is(201);
        let kept = anna.add(json!({ "nickname": "Kept" })).await;
        for car in [&gone, &kept] {
            let read = json!({ "distance": 2, "note": "Secret" });
            anna.post(&format!("{car}/readings"), read).await.is(201);
            let photo = format!("{car}/photo");
            put(&town, &anna, &photo, jpeg()).await.is(204);
            anna.delete(car).await.is(204);
        }
        (gone, kept)
    };
    let id = gone.rsplit('/').next().unwrap();
    let database = town.house.database.superuser().await;
    let age = format!(
        "UPDATE vehicles.vehicle SET deleted_at = now() - interval '30 days' WHERE id = '{id}';
         UPDATE deferred.operation SET due_at = now();"
    );
    database.batch_execute(&age).await.unwrap();
    town.house.start_worker().await;
    let town = town;
    eventually_async("it is gone", || async {
        let trash = town.person(ANNA).get("/api/vehicles/trash").await.is(200);
        trash["data"].as_array().unwrap().len() == 1
    })
    .await;
    let trash = town.person(ANNA).get("/api/vehicles/trash").await.is(200);
    assert!(kept.ends_with(trash["data"][0]["id"].as_str().unwrap()));
    // Of what is gone it is known who did what and when. The other one's time was not over, though the worker was told so.
    let anna = town.person(ANNA);
    let activity = anna.get("/api/activity").await.is(200);
    let of = |car: &str| {
        let belongs = |it: &&Value| car.ends_with(it["belongs_to"].as_str().unwrap());
        let data = activity["data"].as_array().unwrap().clone();
        data.iter().filter(belongs).cloned().collect::<Vec<_>>()
    };
    let (gone, left) = (of(&gone), of(&kept));
    assert_eq!(gone.len(), 6);
    assert!(gone.iter().all(|it| it["changes"] == json!({})), "{gone:?}");
    assert!(left.iter().any(|it| it["changes"] != json!({})), "{left:?}");
    let back = anna.post(&format!("{kept}/restore"), json!({})).await;
    assert_eq!(back.is(200)["odometer"]["distance"], 2);
    let log = anna.get(&format!("{kept}/readings")).await.is(200);
    assert_eq!(log["data"][0]["note"], "Secret");
    assert_eq!(anna.get(&format!("{kept}/photo")).await.status, 200);
    let left = "SELECT count(*) FROM vehicles.reading";
    let left: i64 = database.query_one(left, &[]).await.unwrap().get(0);
    assert_eq!(left, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vehicle_that_waited_in_the_trash_is_decoded_when_it_is_back() {
    let mut town = Town::new().await;
    town.platform.kill();
    let anna = town.person(ANNA);
    let car = anna.add(json!({ "vin": VIN })).await;
    anna.delete(&car).await.is(204);
    town.platform.restart().await;
    town.house.start_worker().await;
    // In the trash there is nothing to decode.
    eventually_async("the worker has looked at it", || async {
        let waiting = town.house.run(&["deferred", "list"]).stdout;
        !String::from_utf8(waiting)
            .unwrap()
            .contains("vehicles.decode")
    })
    .await;
    let back = format!("{car}/restore");
    let back = town.person(ANNA).post(&back, json!({})).await.is(200);
    assert_eq!(back["decoding"]["status"], "pending");
    eventually_async("it is decoded", || async {
        town.person(ANNA).get(&car).await.is(200)["decoding"]["status"] == "done"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_brought_back_is_not_removed_by_what_was_given_up() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let car = anna.add(json!({})).await;
    anna.delete(&car).await.is(204);
    let database = town.house.database.superuser().await;
    let dead = "UPDATE deferred.operation SET state = 'dead' WHERE kind = 'vehicles.purge'";
    assert_eq!(database.execute(dead, &[]).await.unwrap(), 1);
    anna.post(&format!("{car}/restore"), json!({}))
        .await
        .is(200);
    let listed = town.house.run(&["deferred", "list"]).stdout;
    let listed = String::from_utf8(listed).unwrap();
    assert!(!listed.contains("vehicles.purge"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_given_up_told_and_tried_again_when_asked() {
    let town = Town::new().await;
    let database = town.house.database.superuser().await;
    let dead = "INSERT INTO deferred.operation (id, kind, idempotency_key, tenant_id, user_id, subject, state, failures, last_error)
                VALUES (gen_random_uuid(), 'vehicles.decode', 'x', gen_random_uuid(), 'nobody', gen_random_uuid(), 'dead', 10, 'no')";
    database.batch_execute(dead).await.unwrap();
    let text = |arguments: &[&str]| String::from_utf8(town.house.run(arguments).stdout).unwrap();
    let listed = text(&["deferred", "list"]);
    assert!(
        listed.contains(r#""state":"dead""#) && listed.contains(r#""last_error":"no""#),
        "{listed}"
    );
    assert_eq!(
        text(&["deferred", "replay"]),
        "1 operations are tried again\n"
    );
    assert!(text(&["deferred", "list"]).contains(r#""state":"pending""#));
}
