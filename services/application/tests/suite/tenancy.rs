//! Whose data a request is about, by the word of the tenants platform.

use crate::town::{ANNA, BEN, Town};
use reqwest::Method;
use serde_json::json;
use std::time::{Duration, Instant};
use test_kit::eventually_async;

#[tokio::test(flavor = "multi_thread")]
async fn everybody_has_a_tenant_of_their_own_from_the_first_sign_in() {
    let town = Town::new().await;
    let at_once = (0..8).map(|_| async { town.person(ANNA).get("/api/vehicles").await });
    for answer in futures_util::future::join_all(at_once).await {
        answer.is(200);
    }
    let path = "/tenants/users/auth0%7Canna/memberships";
    let memberships = town
        .tenants
        .send(Method::GET, path, json!({}))
        .await
        .is(200);
    assert_eq!(
        memberships["data"].as_array().unwrap().len(),
        1,
        "{memberships}"
    );
    assert_eq!(memberships["data"][0]["role"], "owner");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_for_its_members_by_their_roles() {
    let town = Town::new().await;
    let family = town.tenants.make("The Smiths", ANNA).await;
    let (anna, ben) = (
        town.person(ANNA).within(&family),
        town.person(BEN).within(&family),
    );
    let car = anna.add(json!({ "nickname": "Ours" })).await;
    let refused = ben.get(&car).await.is_problem(404, "not_found");
    assert_eq!(refused["errors"][0]["pointer"], "/header/X-Tenant-Id");
    town.tenants.give(&family, BEN, "viewer").await;
    // A no is remembered by the platform for some seconds.
    eventually_async("he belongs there", || async {
        ben.get(&car).await.status == 200
    })
    .await;
    ben.post("/api/vehicles", json!({}))
        .await
        .is_problem(403, "forbidden");
    // In his own tenant he is its owner.
    town.person(BEN)
        .get(&car)
        .await
        .is_problem(404, "not_found");
    town.person(BEN).add(json!({})).await;
    for header in ["", "x", "00000000-0000-0000-0000-000000000000;"] {
        let answer = town.person(ANNA).within(header).get("/api/vehicles").await;
        answer.is_problem(400, "bad_header");
    }
    let nobody = "00000000-0000-7000-8000-000000000000";
    town.person(ANNA)
        .within(nobody)
        .get("/api/vehicles")
        .await
        .is_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_suspended_is_closed_within_a_minute() {
    let town = Town::new().await;
    let family = town.tenants.make("The Smiths", ANNA).await;
    let anna = town.person(ANNA).within(&family);
    anna.get("/api/vehicles").await.is(200);
    let path = format!("/tenants/{family}/suspend");
    town.tenants
        .send(Method::POST, &path, json!({ "reason": "unpaid" }))
        .await
        .is(200);
    let begun = Instant::now();
    let refused = loop {
        let answer = anna.get("/api/vehicles").await;
        if answer.status != 200 {
            break answer;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "it is open still");
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    let problem = refused.is_problem(403, "forbidden");
    assert!(
        problem["detail"].as_str().unwrap().contains("unpaid"),
        "{problem}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_platform_is_frozen_members_are_known_for_a_while_and_strangers_are_not() {
    let town = Town::new().await;
    let anna = town.person(ANNA);
    let car = anna.add(json!({})).await;
    town.tenants.freeze();
    anna.get(&car).await.is(200);
    let begun = Instant::now();
    let refused = town.person(BEN).get("/api/vehicles").await;
    refused.is_problem(503, "unavailable");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
    assert!(begun.elapsed() < Duration::from_secs(6));
    let health = town.house.get("/api/health").await.is(200);
    assert!(
        health["checks"]["platform_tenants"]["breaker"].is_string(),
        "{health}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn people_learn_who_they_are_and_which_tenants_are_theirs() {
    let town = Town::new().await;
    // A subject may hold what a path would not.
    let odd = "https://login/users/7?a=b";
    let family = town.tenants.make("The Smiths", odd).await;
    let person = town.person(odd);
    let me = person.get("/api/me").await.is(200);
    assert_eq!(me["user"], odd);
    let tenants = me["tenants"].as_array().unwrap();
    let of = |id: &serde_json::Value| tenants.iter().find(|it| it["tenant_id"] == *id).unwrap();
    assert_eq!(tenants.len(), 2, "{me}");
    assert_eq!(of(&json!(family))["name"], "The Smiths");
    assert_eq!(of(&json!(family))["role"], "owner");
    assert_eq!(of(&me["personal_tenant_id"])["status"], "active");
    // The next one sees nothing of it.
    let ben = town.person(BEN).get("/api/me").await.is(200);
    assert_eq!(ben["tenants"].as_array().unwrap().len(), 1, "{ben}");
    town.tenants.freeze();
    let refused = town.person(BEN).get("/api/me").await;
    refused.is_problem(503, "unavailable");
    town.house
        .get("/api/me")
        .await
        .is_problem(401, "token_missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_may_belong_to_more_tenants_than_a_page_holds() {
    let town = Town::new().await;
    for number in 0..201 {
        town.tenants.make(&format!("Fleet {number}"), ANNA).await;
    }
    let me = town.person(ANNA).get("/api/me").await.is(200);
    assert_eq!(me["tenants"].as_array().unwrap().len(), 202);
}
