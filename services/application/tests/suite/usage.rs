//! What a tenant uses: told to the tenants platform, and held to its plan.

use crate::photos::{jpeg, put, put_over};
use crate::town::{ANNA, Town};
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::eventually_async;

async fn quota(town: &Town, tenant: &str) -> Value {
    let path = format!("/tenants/{tenant}/usage");
    let usage = town.tenants.send(Method::GET, &path, json!({})).await;
    usage.is(200)["quota"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tenants_platform_learns_what_a_tenant_uses_also_after_it_was_away() {
    let mut town = Town::new().await;
    town.house.start_worker().await;
    let family = town.tenants.make("The Smiths", ANNA).await;
    let anna = town.person(ANNA).within(&family);
    let car = anna.add(json!({})).await;
    anna.add(json!({})).await;
    let photo = put(&town, &anna, &format!("{car}/photo"), jpeg()).await;
    photo.is(204);
    eventually_async("two vehicles and a photo are counted", || async {
        let quota = quota(&town, &family).await;
        quota["vehicles"]["used"] == 2 && quota["storage_bytes"]["used"].as_i64() > Some(0)
    })
    .await;
    let anna = town.person(ANNA).within(&family);
    town.tenants.freeze();
    anna.delete(&car).await.is(204);
    town.tenants.thaw();
    eventually_async("one vehicle is counted", || async {
        quota(&town, &family).await["vehicles"]["used"] == 1
    })
    .await;
    // What lies in the trash is stored still.
    let photos = quota(&town, &family).await["storage_bytes"]["used"].clone();
    assert!(photos.as_i64() > Some(0), "{photos}");
}

#[tokio::test(flavor = "multi_thread")]
async fn photos_end_where_the_plan_does() {
    let town = Town::new().await;
    let plan = json!({ "title": "Little", "quotas": { "storage_bytes": 60 } });
    let path = "/tenants/plans/family";
    town.tenants.send(Method::PUT, path, plan).await.is(200);
    let family = town.tenants.make("The Smiths", ANNA).await;
    let anna = town.person(ANNA).within(&family);
    let (one, two) = (anna.add(json!({})).await, anna.add(json!({})).await);
    let (one, two) = (format!("{one}/photo"), format!("{two}/photo"));
    put(&town, &anna, &one, jpeg()).await.is(204);
    // The same again takes no more room than there was.
    let again = put_over(&town, &anna, &one, jpeg(), Some("*")).await;
    again.is(204);
    let refused = put(&town, &anna, &two, jpeg()).await;
    let problem = refused.is_problem(403, "quota_exceeded");
    assert!(
        problem["detail"].as_str().unwrap().contains("60 bytes"),
        "{problem}"
    );
    anna.delete(&one).await.is(204);
    put(&town, &anna, &two, jpeg()).await.is(204);
}
