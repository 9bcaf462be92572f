//! Vehicles of people: added, changed, thrown away, brought back.

use crate::town::{ANNA, Town, VIN};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_vehicle_added_by_its_vin_is_what_the_vin_says_and_what_its_owner_says() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let body = json!({ "vin": "1hgcm82633a-004352", "nickname": "The blue one", "specification": { "trim": "EX" } });
    let added = anna.post("/api/vehicles", body).await;
    let vehicle = added.is(201);
    assert_eq!(vehicle["vin"], VIN);
    assert_eq!(vehicle["title"], "The blue one");
    assert_eq!(vehicle["decoding"]["status"], "done");
    assert!(
        vehicle["decoding"]["source"]
            .as_str()
            .unwrap()
            .starts_with("2026-01")
    );
    let specification = &vehicle["specification"];
    assert_eq!(specification["year"], 2003);
    assert_eq!(specification["make"], "Honda");
    assert_eq!(specification["trim"], "EX");
    assert_eq!(vehicle["warnings"], json!([]));
    let path = added.header("location").to_owned();
    assert_eq!(anna.get(&path).await.is(200), vehicle);

    let changed = anna
        .patch(
            &path,
            json!({ "specification": { "trim": "EX-V6" }, "nickname": null, "tags": ["family"] }),
        )
        .await;
    let changed = changed.is(200);
    assert_eq!(changed["specification"]["trim"], "EX-V6");
    assert_eq!(changed["specification"]["make"], "Honda");
    assert_eq!(changed["title"], "2003 Honda");
    assert_eq!(changed["version"], 2);

    let activity = anna.get(&format!("{path}/activity")).await.is(200);
    let actions: Vec<&str> = activity["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["vehicle.changed", "vehicle.added"]);
    let told = &activity["data"][0]["changes"];
    assert_eq!(
        told["nickname"],
        json!({ "before": "The blue one", "after": null })
    );
    assert_eq!(activity["data"][1]["changes"]["vin"]["after"], "004352");
    assert_eq!(activity["data"][0]["user"], ANNA);
    assert_eq!(anna.get("/api/activity").await.is(200), activity);
    assert!(!town.house.log().to_uppercase().contains("1HGCM"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_acceptable_is_named_and_nothing_is_kept() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    for (body, pointer) in [
        (json!({ "nickname": "" }), "/body/nickname"),
        (
            json!({ "purchase": { "price": "9,99" } }),
            "/body/purchase/price",
        ),
        (
            json!({ "purchase": { "price": -1 } }),
            "/body/purchase/price",
        ),
        (json!({ "vin": "1234" }), "/body/vin"),
        (json!({ "tenant_id": "x" }), "/body/tenant_id"),
        (
            json!({ "specification": { "year": 99_999 } }),
            "/body/specification/year",
        ),
        (
            json!({ "energies": [{ "energy": "coal" }] }),
            "/body/energies/0/energy",
        ),
        (json!({ "currency": "euro" }), "/body/currency"),
    ] {
        let refused = anna.post("/api/vehicles", body.clone()).await;
        let problem = refused.is_problem(422, "invalid_body");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}");
    }
    let headers = [("Content-Type", "application/json")];
    let headers = anna.headers(&headers);
    let cut = town
        .house
        .send_bytes(Method::POST, "/api/vehicles", &headers, b"{".to_vec())
        .await;
    cut.is_problem(400, "bad_json");
    assert_eq!(anna.get("/api/vehicles").await.is(200)["data"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_vins_are_kept_with_a_warning_and_one_living_vehicle_has_a_vin() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let odd = anna
        .post(
            "/api/vehicles",
            json!({ "vin": "VF1234", "nickname": "R4" }),
        )
        .await
        .is(201);
    assert_eq!(odd["warnings"][0]["code"], "vin_length");
    assert_eq!(odd["decoding"]["status"], "failed");
    let wrong = anna
        .post("/api/vehicles", json!({ "vin": "1HGCM82633A004353" }))
        .await
        .is(201);
    assert_eq!(wrong["warnings"][0]["code"], "vin_check_digit");

    let first = anna.add(json!({ "vin": VIN, "nickname": "Blue" })).await;
    let refused = anna.post("/api/vehicles", json!({ "vin": VIN })).await;
    let problem = refused.is_problem(409, "conflict");
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("Blue") && detail.contains(&first),
        "{detail}"
    );
    assert_eq!(problem["errors"][0]["pointer"], "/body/vin");
    let at_once = (0..8).map(|_| anna.post("/api/vehicles", json!({ "vin": "WVWZZZ1JZXW000001" })));
    let answers = futures_util::future::join_all(at_once).await;
    let statuses: Vec<u16> = answers.iter().map(|it| it.status.as_u16()).collect();
    assert_eq!(
        statuses.iter().filter(|it| **it == 201).count(),
        1,
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|it| **it == 409).count(),
        7,
        "{statuses:?}"
    );
    anna.delete(&first).await.is(204);
    let second = anna.add(json!({ "vin": VIN })).await;
    let back = anna.post(&format!("{first}/restore"), json!({})).await;
    back.is_problem(409, "conflict");
    anna.delete(&second).await.is(204);
    anna.post(&format!("{first}/restore"), json!({}))
        .await
        .is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_take_a_vin_at_the_same_moment_one_has_it_and_the_others_are_told_which() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let mut cars = Vec::new();
    for _ in 0..6 {
        cars.push(anna.add(json!({})).await);
    }
    for round in 1..=5 {
        // Too short to be decoded, so that nothing keeps them apart.
        let vin = json!({ "vin": format!("TRAILER{round}") });
        let at_once = cars.iter().map(|car| anna.patch(car, vin.clone()));
        let answers = futures_util::future::join_all(at_once).await;
        let taken = answers.iter().filter(|it| it.status == 200).count();
        assert_eq!(taken, 1);
        // PostgreSQL is not asked to refuse the others: its log would hold the VIN.
        for answer in answers.iter().filter(|it| it.status != 200) {
            answer.is_problem(409, "conflict");
            assert!(answer.text.contains("/api/vehicles/"), "{}", answer.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creation_that_is_asked_for_twice_is_made_once() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let key = [("Idempotency-Key", "pump-7")];
    let ask = |name: &str| {
        let body = json!({ "nickname": name });
        anna.send(Method::POST, "/api/vehicles", &key, Some(body))
    };
    // A double click.
    let (first, second) = tokio::join!(ask("Blue"), ask("Blue"));
    assert_eq!(first.is(201), second.is(201));
    let replayed = [&first, &second]
        .iter()
        .filter(|it| it.headers.contains_key("idempotent-replayed"))
        .count();
    assert_eq!(replayed, 1);
    let other = ask("Red").await;
    other.is_problem(422, "idempotency_mismatch");
    assert_eq!(
        anna.get("/api/vehicles").await.is(200)["data"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    // Somebody else's key is another one.
    let ben = town.person(crate::town::BEN);
    let body = json!({ "nickname": "Red" });
    ben.send(Method::POST, "/api/vehicles", &key, Some(body))
        .await
        .is(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_wants_to_know_what_was_read() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let path = anna.add(json!({ "nickname": "Blue" })).await;
    let body = Some(json!({ "nickname": "Red" }));
    let blind = anna.send(Method::PATCH, &path, &[], body.clone()).await;
    blind.is_problem(428, "precondition_required");
    let old = [("If-Match", "\"1\"")];
    let (one, two) = tokio::join!(
        anna.send(Method::PATCH, &path, &old, body),
        anna.send(
            Method::PATCH,
            &path,
            &old,
            Some(json!({ "nickname": "Green" }))
        ),
    );
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_lies_in_the_trash() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let path = anna
        .add(json!({ "nickname": "Blue", "archived": true }))
        .await;
    anna.delete(&path).await.is(204);
    anna.delete(&path).await.is_problem(404, "not_found");
    anna.get(&path).await.is_problem(404, "not_found");
    assert_eq!(anna.get("/api/vehicles").await.is(200)["data"], json!([]));
    let trash = anna.get("/api/vehicles/trash").await.is(200);
    assert_eq!(trash["data"][0]["nickname"], "Blue");
    let waiting = text(&town.house.run(&["deferred", "list"]).stdout);
    assert!(waiting.contains("vehicles.purge"), "{waiting}");
    let back = anna
        .post(&format!("{path}/restore"), json!({}))
        .await
        .is(200);
    assert_eq!(back["deleted_at"], Value::Null);
    assert_eq!(anna.get(&path).await.is(200), back);
    let waiting = text(&town.house.run(&["deferred", "list"]).stdout);
    assert!(!waiting.contains("vehicles.purge"), "{waiting}");
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_narrowed_and_come_by_pages() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    for number in 1..=5 {
        let tags = if number % 2 == 0 {
            json!(["even"])
        } else {
            json!([])
        };
        anna.add(
            json!({ "nickname": format!("Car {number}"), "tags": tags, "archived": number == 5 }),
        )
        .await;
    }
    let names = |list: &Value| -> Vec<String> {
        let data = list["data"].as_array().unwrap();
        data.iter()
            .map(|it| it["nickname"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = anna.get("/api/vehicles?limit=3").await.is(200);
    assert_eq!(names(&first), ["Car 1", "Car 2", "Car 3"]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = anna
        .get(&format!("/api/vehicles?limit=3&cursor={cursor}"))
        .await
        .is(200);
    assert_eq!(names(&rest), ["Car 4", "Car 5"]);
    assert_eq!(rest["next_cursor"], Value::Null);
    for (query, expected) in [
        ("tag=even", &["Car 2", "Car 4"][..]),
        ("archived=true", &["Car 5"]),
        ("q=cAR%203", &["Car 3"]),
        ("q=%25", &[]),
        ("state=sold", &[]),
    ] {
        let list = anna.get(&format!("/api/vehicles?{query}")).await.is(200);
        assert_eq!(names(&list), expected, "{query}");
    }
    for query in ["limit=0", "cursor=x", "colour=red", "state=lost", "q=%00"] {
        let refused = anna.get(&format!("/api/vehicles?{query}")).await;
        refused.is_problem(422, "invalid_parameter");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_includes_so_many_vehicles() {
    let town = Town::new().await;
    let plan = json!({ "title": "Two", "quotas": { "vehicles": 2 } });
    let made = town
        .tenants
        .send(Method::PUT, "/tenants/plans/two", plan)
        .await;
    assert!(made.status.is_success(), "{made:?}");
    let body = json!({ "name": "Two cars", "owner": ANNA, "plan": "two" });
    let made = town
        .tenants
        .send(Method::POST, "/tenants", body)
        .await
        .is(201);
    let anna = town.person(ANNA).within(made["id"].as_str().unwrap());
    let at_once = (0..6).map(|number| {
        anna.post(
            "/api/vehicles",
            json!({ "nickname": format!("Car {number}") }),
        )
    });
    let answers = futures_util::future::join_all(at_once).await;
    assert_eq!(answers.iter().filter(|it| it.status == 201).count(), 2);
    let refused = answers.iter().find(|it| it.status != 201).unwrap();
    refused.is_problem(403, "quota_exceeded");
    let one = anna.get("/api/vehicles?limit=1").await.is(200)["data"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    anna.delete(&format!("/api/vehicles/{one}")).await.is(204);
    anna.add(json!({})).await;
    anna.post(&format!("/api/vehicles/{one}/restore"), json!({}))
        .await
        .is_problem(403, "quota_exceeded");
}
