//! Whether a tenant may be served now.

use crate::house::{House, NOBODY};
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::{RedisServer, eventually_async};

#[tokio::test(flavor = "multi_thread")]
async fn it_tells_what_a_service_must_know() {
    let redis = RedisServer::start();
    let house = House::with(redis.port, &[]).await;
    let tenant = house.tenant("family").await;
    let path = format!("/tenants/{tenant}/validate");
    let answer = house.get(&path).await;
    assert_eq!(
        answer.header("cache-control"),
        "private, max-age=30, stale-if-error=60"
    );
    let etag = answer.header("etag").to_owned();
    let body = answer.is(200);
    assert_eq!(body["valid"], true);
    assert_eq!(body["status"], "active");
    assert_eq!(body["plan"], "family");
    assert_eq!(body["features"], json!(["sharing"]));
    assert_eq!(body["config_version"], 0);
    assert_eq!(body["quota"]["members"], json!({ "limit": 12, "used": 1 }));
    assert!(body.get("role").is_none());
    let known = house
        .send(Method::GET, &path, &[("If-None-Match", &etag)], None)
        .await;
    assert_eq!(known.status, 304);
    assert!(known.header("age").parse::<u32>().unwrap() <= 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_is_known_within_the_time_that_was_promised() {
    let redis = RedisServer::start();
    let house = House::with(redis.port, &[]).await;
    let tenant = house.tenant("family").await;
    let path = format!("/tenants/{tenant}/validate");
    house.get(&path).await.is(200);
    let suspend = json!({ "reason": "late" });
    house
        .post(&format!("/tenants/{tenant}/suspend"), suspend)
        .await
        .is(200);
    // Until then the answer says how old it is, so that nobody keeps it for more than 30 seconds in all.
    eventually_async("the suspension is known", || async {
        let answer = house.get(&path).await;
        let age: u32 = answer.header("age").parse().unwrap();
        assert!(age <= 6, "{age}");
        answer.is(200)["valid"] == false
    })
    .await;
    let body = house.get(&path).await.is(200);
    assert_eq!(
        (&body["status"], &body["reason"]),
        (&json!("suspended"), &json!("late"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_not_permitted_look_the_same() {
    let house = House::new().await;
    let tenant = house.tenant("family").await;
    let ask = |tenant: &str, user: &str| {
        house.get_owned(format!("/tenants/{tenant}/validate?user={user}"))
    };
    assert_eq!(ask(&tenant, "owner").await.is(200)["role"], "owner");
    let mut shapes: Vec<Value> = Vec::new();
    for (tenant, user) in [
        (tenant.as_str(), "stranger"),
        (NOBODY, "owner"),
        ("nonsense", "owner"),
    ] {
        let mut problem = ask(tenant, user).await.is_problem(404, "not_found");
        problem["instance"].take();
        shapes.push(problem);
    }
    assert!(
        shapes.windows(2).all(|pair| pair[0] == pair[1]),
        "{shapes:?}"
    );
    ask(&tenant, "two%20words").await.names(422, "/query/user");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_asked_about_at_once() {
    let house = House::new().await;
    let (one, two) = (house.tenant("family").await, house.tenant("fleet").await);
    let body = json!({ "tenants": [two, NOBODY, one] });
    let found = house.post("/tenants/validate", body).await.is(200);
    let plans: Vec<_> = found["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["plan"])
        .collect();
    assert_eq!(plans, ["fleet", "family"]);
    assert_eq!(found["not_found"], json!([NOBODY]));
    let many: Vec<&str> = std::iter::repeat_n(NOBODY, 101).collect();
    house
        .post("/tenants/validate", json!({ "tenants": many }))
        .await
        .names(422, "/body/tenants");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_and_with_a_frozen_one_it_is_right() {
    let redis = RedisServer::start();
    let house = House::with(redis.port, &[]).await;
    let tenant = house.tenant("family").await;
    let path = format!("/tenants/{tenant}/validate");
    redis.freeze();
    assert_eq!(house.get(&path).await.is(200)["valid"], true);
    let other = house.tenant("fleet").await;
    assert_eq!(
        house
            .get(&format!("/tenants/{other}/validate"))
            .await
            .is(200)["plan"],
        "fleet"
    );
    redis.thaw();
    let mut redis = redis;
    redis.kill();
    let third = house.tenant("fleet").await;
    assert_eq!(
        house
            .get(&format!("/tenants/{third}/validate"))
            .await
            .is(200)["plan"],
        "fleet"
    );
    eventually_async("health says so", || async {
        house.get("/health").await.is(200)["status"] == "degraded"
    })
    .await;
}
