//! Plans and what is used of them.

use crate::house::House;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_ends_hard_and_warns_before() {
    let house = House::new().await;
    let tenant = house.tenant("personal").await;
    let path = format!("/tenants/{tenant}/usage");
    let count = |change: i64| {
        house.post_owned(
            path.clone(),
            json!({ "metric": "vehicles", "change": change }),
        )
    };
    assert_eq!(count(7).await.is(200)["used"], 7);
    assert_eq!(count(2).await.is(200)["used"], 9);
    count(2).await.is_problem(403, "quota_exceeded");
    assert_eq!(count(1).await.is(200)["used"], 10);
    count(1).await.is_problem(403, "quota_exceeded");
    assert_eq!(count(-10).await.is(200)["used"], 0);
    count(-1).await.names(422, "/body/change");
    let events = house.events_of(&tenant).await;
    assert_eq!(
        events
            .iter()
            .filter(|kind| *kind == "tenant.quota_warning")
            .count(),
        1,
        "{events:?}"
    );
    let wrong = house
        .post(&path, json!({ "metric": "members", "change": 1 }))
        .await;
    wrong.names(422, "/body/metric");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_smaller_plan_warns_of_what_it_makes_scarce() {
    let house = House::new().await;
    let tenant = house.tenant("family").await;
    let path = format!("/tenants/{tenant}");
    let used = json!({ "metric": "vehicles", "change": 12 });
    house.post(&format!("{path}/usage"), used).await.is(200);
    let version = house.get(&path).await.header("etag").to_owned();
    let smaller = json!({ "plan": "personal" });
    let headers = vec![("If-Match".to_owned(), version)];
    house.patch_owned(path, headers, smaller).await.is(200);
    let events = house.events_of(&tenant).await;
    let warnings = events
        .iter()
        .filter(|kind| *kind == "tenant.quota_warning")
        .count();
    assert_eq!(warnings, 1, "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_at_once_cannot_take_more_than_there_is() {
    let house = House::new().await;
    let tenant = house.tenant("personal").await;
    let path = format!("/tenants/{tenant}/usage");
    let calls = (0..40).map(|_| house.post(&path, json!({ "metric": "vehicles", "change": 1 })));
    let answers = futures_util::future::join_all(calls).await;
    let counted = answers.iter().filter(|answer| answer.status == 200).count();
    let usage = house.get(&path).await.is(200);
    assert_eq!(usage["quota"]["vehicles"]["used"], counted);
    assert!(counted <= 10, "{counted}");
    assert!(
        answers
            .iter()
            .all(|it| [200, 403, 503].contains(&it.status.as_u16()))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_can_be_made_and_changed() {
    let house = House::new().await;
    let put = |name: &str, body: Value| house.put_owned(format!("/tenants/plans/{name}"), body);
    let body = json!({ "title": "Club", "quotas": { "vehicles": 1 }, "features": ["sharing"] });
    put("club", body).await.is(200);
    let tenant = house.tenant("club").await;
    let path = format!("/tenants/{tenant}/usage");
    let one = json!({ "metric": "vehicles", "change": 1 });
    house.post(&path, one.clone()).await.is(200);
    house
        .post(&path, one.clone())
        .await
        .is_problem(403, "quota_exceeded");
    put("club", json!({ "title": "Club", "quotas": {} }))
        .await
        .is(200);
    house.post(&path, one).await.is(200);
    let usage = house.get(&path).await.is(200);
    assert_eq!(
        usage["quota"]["vehicles"],
        json!({ "limit": null, "used": 2 })
    );
    put("x", json!({ "title": "X", "quotas": {} }))
        .await
        .names(422, "/path/plan");
    put("club", json!({ "title": "", "quotas": {} }))
        .await
        .names(422, "/body/title");
    put("club", json!({ "title": "C", "quotas": { "boats": 1 } }))
        .await
        .names(422, "/body/quotas/boats");
    put(
        "club",
        json!({ "title": "C", "quotas": { "vehicles": -1 } }),
    )
    .await
    .names(422, "/body/quotas/vehicles");
    let plans = house.get("/tenants/plans").await.is(200);
    assert_eq!(plans["data"].as_array().unwrap().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_has_a_rate_that_makes_sense() {
    let house = House::new().await;
    let put = |body: Value| house.put_owned("/tenants/plans/club".to_owned(), body);
    for (rate, pointer) in [
        (
            json!({ "requests_per_minute": 0 }),
            "/body/requests_per_minute",
        ),
        (
            json!({ "requests_per_minute": 1_000_001 }),
            "/body/requests_per_minute",
        ),
        (json!({ "burst": 1 }), "/body/burst"),
        (
            json!({ "requests_per_minute": 5, "burst": 6 }),
            "/body/burst",
        ),
    ] {
        let mut body = json!({ "title": "C", "quotas": {} });
        body.as_object_mut()
            .unwrap()
            .append(&mut rate.as_object().unwrap().clone());
        put(body).await.names(422, pointer);
    }
    let fast = json!({ "title": "C", "quotas": {}, "requests_per_minute": 60, "burst": 5 });
    let made = put(fast).await.is(200);
    assert_eq!(
        (&made["requests_per_minute"], &made["burst"]),
        (&json!(60), &json!(5))
    );
    let slow = put(json!({ "title": "C", "quotas": {} })).await.is(200);
    assert_eq!(slow["requests_per_minute"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_application_counted_is_taken_over_and_the_later_count_holds() {
    let house = House::new().await;
    let tenant = house.tenant("personal").await;
    let path = format!("/tenants/{tenant}/usage");
    let put = |body: Value| house.put_owned(path.clone(), body);
    let report = |at: &str, vehicles: i64| {
        let used = json!({ "vehicles": vehicles, "storage_bytes": 5 });
        put(json!({ "counted_at": at, "used": used }))
    };
    let first = report("2026-01-01T00:00:01Z", 7).await.is(200);
    assert_eq!(
        first["quota"]["vehicles"],
        json!({ "limit": 10, "used": 7 })
    );
    assert_eq!(first["quota"]["storage_bytes"]["used"], 5);
    // Beyond the plan too, with one warning on the way.
    for (at, vehicles) in [("2026-01-01T00:00:03Z", 12), ("2026-01-01T00:00:04Z", 13)] {
        let told = report(at, vehicles).await.is(200);
        assert_eq!(told["quota"]["vehicles"]["used"], vehicles);
    }
    let late = report("2026-01-01T00:00:02Z", 1).await.is(200);
    assert_eq!(late["quota"]["vehicles"]["used"], 13);
    let events = house.events_of(&tenant).await;
    let warnings = events.iter().filter(|it| *it == "tenant.quota_warning");
    assert_eq!(warnings.count(), 1, "{events:?}");
    let at = "2026-01-01T00:00:05Z";
    for (body, pointer) in [
        (
            json!({ "counted_at": at, "used": { "members": 1 } }),
            "/body/used/members",
        ),
        (
            json!({ "counted_at": at, "used": { "vehicles": -1 } }),
            "/body/used/vehicles",
        ),
        (
            json!({ "counted_at": "2999-01-01T00:00:00Z", "used": {} }),
            "/body/counted_at",
        ),
    ] {
        put(body).await.names(422, pointer);
    }
}
