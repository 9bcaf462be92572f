//! The log of an odometer: every source in one history, doubts, units, instruments.

use crate::town::{ANNA, BEN, Person, Town};
use reqwest::Method;
use serde_json::{Value, json};

/// A car that was bought, read off three times, and once with a digit too many.
async fn a_log_with_a_slip(anna: &Person<'_>) -> (String, Value) {
    let bought = json!({ "date": "2024-01-10", "odometer_km": 10_000, "price": 9_999.99 });
    let car = json!({ "nickname": "Blue", "purchase": bought });
    let car = anna.add(car).await;
    let log = format!("{car}/readings");
    for (at, distance) in [
        ("2024-03-01T10:00:00Z", 12_000),
        ("2024-04-01T10:00:00Z", 120_500),
        ("2024-06-01T10:00:00+02:00", 14_000),
        ("2024-05-01T10:00:00Z", 13_000),
    ] {
        let body = json!({ "at": at, "distance": distance });
        anna.post(&log, body).await.is(201);
    }
    (car, anna.get(&log).await.is(200))
}

#[tokio::test(flavor = "multi_thread")]
async fn readings_of_every_source_stand_in_one_history_and_a_slip_is_flagged() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let (car, list) = a_log_with_a_slip(&anna).await;
    let row = |it: &Value| ["distance", "source", "out_of_order"].map(|name| it[name].clone());
    let seen: Vec<_> = list["data"].as_array().unwrap().iter().map(row).collect();
    let expected = [
        (14_000, "manual", false),
        (13_000, "manual", false),
        (120_500, "manual", true),
        (12_000, "manual", false),
        (10_000, "purchase", false),
    ];
    let expected = expected
        .map(|(distance, source, doubted)| [json!(distance), json!(source), json!(doubted)]);
    assert_eq!(seen, expected);
    let vehicle = anna.get(&car).await.is(200);
    assert_eq!(vehicle["odometer"]["distance"], 14_000);
    assert_eq!(vehicle["odometer"]["at"], "2024-06-01T08:00:00Z");
    let page = anna.get(&format!("{car}/readings?limit=3")).await.is(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = format!("{car}/readings?limit=3&cursor={cursor}");
    let rest = anna.get(&rest).await.is(200);
    assert_eq!(rest["data"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_is_corrected_taken_out_and_put_back() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let (car, list) = a_log_with_a_slip(&anna).await;
    let slip = format!("{car}/readings/{}", list["data"][2]["id"].as_str().unwrap());
    let body = Some(json!({ "at": "2024-04-01T10:00:00Z", "distance": 12_050 }));
    let blind = anna.send(Method::PUT, &slip, &[], body.clone()).await;
    blind.is_problem(428, "precondition_required");
    let read = [("If-Match", "\"1\"")];
    let corrected = anna.send(Method::PUT, &slip, &read, body).await.is(200);
    assert_eq!(corrected["out_of_order"], false);
    anna.delete(&slip).await.is(204);
    anna.delete(&slip).await.is_problem(404, "not_found");
    let back = anna.post(&format!("{slip}/restore"), json!({})).await;
    assert_eq!(back.is(200)["distance"], 12_050);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reading_of_a_purchase_follows_the_purchase() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let (car, list) = a_log_with_a_slip(&anna).await;
    let bought = format!("{car}/readings/{}", list["data"][4]["id"].as_str().unwrap());
    let (read, body) = ([("If-Match", "\"1\"")], Some(json!({ "distance": 1 })));
    let refused = anna.send(Method::PUT, &bought, &read, body).await;
    refused.is_problem(409, "conflict");
    anna.delete(&bought).await.is_problem(409, "conflict");
    let change = json!({ "purchase": { "odometer_km": 11_000 } });
    anna.patch(&car, change).await.is(200);
    assert_eq!(anna.get(&bought).await.is(200)["distance"], 11_000);
    anna.patch(&car, json!({ "purchase": null })).await.is(200);
    anna.get(&bought).await.is_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_unit_converts_and_relabels_nothing() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let car = anna.add(json!({ "distance_unit": "mi" })).await;
    let log = format!("{car}/readings");
    let read = anna.post(&log, json!({ "distance": 1_000 })).await.is(201);
    assert_eq!(
        (
            &read["unit"],
            &read["total_distance"],
            &read["total_distance_km"]
        ),
        (&json!("mi"), &json!(1_000), &json!(1_609.344))
    );
    let vehicle = anna
        .patch(&car, json!({ "distance_unit": "km" }))
        .await
        .is(200);
    assert_eq!(vehicle["odometer"]["distance"], 1_609.344);
    let read = &anna.get(&log).await.is(200)["data"][0];
    assert_eq!(
        (&read["distance"], &read["unit"], &read["total_distance"]),
        (&json!(1_000), &json!("mi"), &json!(1_609.344))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_instrument_counts_on_from_the_old_one() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let car = anna.add(json!({})).await;
    let log = format!("{car}/readings");
    for (at, distance) in [
        ("2024-01-01T00:00:00Z", 150_000),
        ("2024-06-01T00:00:00Z", 300),
    ] {
        anna.post(
            &log,
            json!({ "at": at, "distance": distance, "engine_hours": distance / 100 }),
        )
        .await
        .is(201);
    }
    let doubted = |list: &Value| {
        list["data"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|it| it["out_of_order"] == true)
            .count()
    };
    assert_eq!(doubted(&anna.get(&log).await.is(200)), 1);
    let instruments = format!("{car}/instruments");
    for (kind, old) in [("odometer", 152_000), ("hour_meter", 1_600)] {
        let body = json!({ "kind": kind, "since": "2024-05-01T00:00:00Z", "old_value": old, "new_value": 0 });
        let replaced = anna.post(&instruments, body.clone()).await.is(201);
        assert_eq!(replaced["kind"], kind);
        anna.post(&instruments, body)
            .await
            .is_problem(409, "conflict");
    }
    let list = anna.get(&log).await.is(200);
    assert_eq!(doubted(&list), 0);
    assert_eq!(list["data"][0]["distance"], 300);
    assert_eq!(list["data"][0]["total_distance"], 152_300);
    let vehicle = anna.get(&car).await.is(200);
    assert_eq!(
        (
            &vehicle["odometer"]["distance"],
            &vehicle["odometer"]["engine_hours"]
        ),
        (&json!(152_300), &json!(1_603))
    );
    let listed = anna.get(&instruments).await.is(200);
    let first = listed["data"][0]["id"].as_str().unwrap();
    anna.delete(&format!("{instruments}/{first}")).await.is(204);
    assert_eq!(doubted(&anna.get(&log).await.is(200)), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_driver_adds_readings_and_does_nothing_else() {
    let town = Town::new().await;
    let family = town.tenants.make("The Smiths", ANNA).await;
    town.tenants.give(&family, BEN, "driver").await;
    let (anna, ben) = (
        town.person(ANNA).within(&family),
        town.person(BEN).within(&family),
    );
    let car = anna.add(json!({ "nickname": "Ours" })).await;
    let log = format!("{car}/readings");
    anna.post(
        &log,
        json!({ "at": "2024-01-01T00:00:00Z", "distance": 500 }),
    )
    .await
    .is(201);
    let read = ben
        .post(
            &log,
            json!({ "at": "2024-02-01T00:00:00Z", "distance": 400 }),
        )
        .await;
    let read_at = read.header("location").to_owned();
    assert_eq!(read.is(201)["out_of_order"], true);
    assert_eq!(ben.get(&car).await.is(200)["odometer"]["distance"], 500);
    let read = ben.post(&log, json!({ "distance": 600 })).await.is(201);
    assert_eq!(read["created_by"], BEN);
    assert_eq!(ben.get(&car).await.is(200)["odometer"]["distance"], 600);
    let change = [("If-Match", "\"1\"")];
    for (method, path, body) in [
        (Method::POST, "/api/vehicles".to_owned(), json!({})),
        (Method::PATCH, car.clone(), json!({ "nickname": "Mine" })),
        (Method::DELETE, car.clone(), json!({})),
        (Method::PUT, read_at.clone(), json!({ "distance": 1 })),
        (Method::DELETE, read_at, json!({})),
        (
            Method::POST,
            format!("{car}/instruments"),
            json!({ "kind": "odometer", "since": "2024-05-01T00:00:00Z", "old_value": 1, "new_value": 0 }),
        ),
        (Method::DELETE, format!("{car}/photo"), json!({})),
    ] {
        ben.send(method, &path, &change, Some(body))
            .await
            .is_problem(403, "forbidden");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readings_that_cannot_be_are_refused() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let log = format!("{}/readings", anna.add(json!({})).await);
    for (body, pointer) in [
        (json!({}), "/body/distance"),
        (json!({ "distance": -1 }), "/body/distance"),
        (json!({ "distance": "12" }), "/body/distance"),
        (
            json!({ "distance": 1, "at": "2200-01-01T00:00:00Z" }),
            "/body/at",
        ),
        (json!({ "distance": 1, "at": "yesterday" }), "/body/at"),
        (
            json!({ "distance": 1, "at": "1884-12-31T23:59:59Z" }),
            "/body/at",
        ),
        (
            json!({ "distance": 1, "at": "-009000-01-01T00:00:00Z" }),
            "/body/at",
        ),
        (json!({ "distance": 1, "unit": "furlong" }), "/body/unit"),
        (
            json!({ "distance": 1, "out_of_order": false }),
            "/body/out_of_order",
        ),
        (
            json!({ "distance": 1, "note": "x".repeat(1_001) }),
            "/body/note",
        ),
    ] {
        anna.post(&log, body).await.names(422, pointer);
    }
    assert_eq!(anna.get(&log).await.is(200)["data"], json!([]));
    let instruments = log.replace("readings", "instruments");
    let replaced = json!({ "kind": "odometer", "since": "-009000-01-01T00:00:00Z", "old_value": 1, "new_value": 0 });
    let refused = anna.post(&instruments, replaced).await;
    refused.names(422, "/body/since");
    // 9001 BC and an id: PostgreSQL has no such year.
    let cursor = "LTAwOTAwMC0wMS0wMVQwMDowMDowMFogMDE5MGE4YTAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAw";
    let refused = anna.get(&format!("{log}?cursor={cursor}")).await;
    refused.names(422, "/query/cursor");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_readings_at_once_leave_the_odometer_where_the_latest_has_it() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let car = anna.add(json!({})).await;
    let log = format!("{car}/readings");
    let at_once = (1..=12).map(|month| {
        let body =
            json!({ "at": format!("2024-{month:02}-01T00:00:00Z"), "distance": month * 1_000 });
        anna.post(&log, body)
    });
    for answer in futures_util::future::join_all(at_once).await {
        answer.is(201);
    }
    assert_eq!(anna.get(&car).await.is(200)["odometer"]["distance"], 12_000);
    let list = anna.get(&log).await.is(200);
    assert!(
        list["data"]
            .as_array()
            .unwrap()
            .iter()
            .all(|it| it["out_of_order"] == false)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_of_the_day_of_a_sale_goes_with_it_and_one_ahead_is_none() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let car = anna.add(json!({})).await;
    let log = format!("{car}/readings");
    let read = json!({ "at": "2024-05-10T09:00:00Z", "distance": 49_990 });
    anna.post(&log, read).await.is(201);
    let sold = json!({ "sale": { "date": "2024-05-10", "odometer_km": 50_000 } });
    let sold = anna.patch(&car, sold).await.is(200);
    assert_eq!(sold["odometer"]["distance"], 50_000);
    assert_eq!(sold["odometer"]["at"], "2024-05-10T23:59:59Z");
    let list = anna.get(&log).await.is(200);
    let doubted: Vec<&Value> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["out_of_order"])
        .collect();
    assert_eq!(doubted, [false, false]);
    let ahead = json!({ "sale": { "date": "2199-01-01", "odometer_km": 60_000 } });
    let refused = anna.patch(&car, ahead).await;
    refused.names(422, "/body/sale/odometer_km");
    let agreed = json!({ "sale": { "date": "2199-01-01", "odometer_km": null } });
    let agreed = anna.patch(&car, agreed).await.is(200);
    assert_eq!(agreed["odometer"]["distance"], 49_990);
}

#[tokio::test(flavor = "multi_thread")]
async fn changing_the_deals_and_adding_readings_at_once_never_stand_in_each_others_way() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let car = anna.add(json!({})).await;
    let log = format!("{car}/readings");
    for round in 1..=15 {
        let bought = json!({ "purchase": { "date": "2020-01-01", "odometer_km": round } });
        let read = |more: i32| {
            let read = json!({ "at": format!("2024-01-{round:02}T00:00:0{more}Z"), "distance": 1_000 * round + more });
            anna.post(&log, read)
        };
        let (changed, one, two, three) =
            tokio::join!(anna.patch(&car, bought), read(1), read(2), read(3));
        changed.is(200);
        for answer in [one, two, three] {
            answer.is(201);
        }
    }
    let vehicle = anna.get(&car).await.is(200);
    assert_eq!(vehicle["odometer"]["distance"], 15_003);
}
