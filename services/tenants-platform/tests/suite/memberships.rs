//! Who belongs to a tenant.

use crate::house::{House, NOBODY};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn members_have_roles_and_the_last_owner_stays() {
    let house = House::new().await;
    let tenant = house.tenant("family").await;
    let path = |user: &str| format!("/tenants/{tenant}/members/{user}");
    house
        .put(&path("auth0%7Ckid"), json!({ "role": "driver" }))
        .await
        .is(201);
    house
        .put(&path("auth0%7Ckid"), json!({ "role": "driver" }))
        .await
        .is(200);
    let changed = house
        .put(&path("auth0%7Ckid"), json!({ "role": "editor" }))
        .await
        .is(200);
    assert_eq!(
        (&changed["user"], &changed["role"]),
        (&json!("auth0|kid"), &json!("editor"))
    );
    house
        .delete(&path("owner"))
        .await
        .is_problem(409, "last_owner");
    house
        .put(&path("owner"), json!({ "role": "viewer" }))
        .await
        .is_problem(409, "last_owner");
    house
        .put(&path("auth0%7Ckid"), json!({ "role": "owner" }))
        .await
        .is(200);
    house.delete(&path("owner")).await.is(204);
    house
        .delete(&path("owner"))
        .await
        .is_problem(404, "not_found");
    house
        .put(&path("x"), json!({ "role": "king" }))
        .await
        .names(422, "/body");
    house
        .put(&path("two%20words"), json!({ "role": "driver" }))
        .await
        .names(422, "/path/user");
    let mine = house
        .get("/tenants/users/auth0%7Ckid/memberships")
        .await
        .is(200);
    assert_eq!(mine["data"][0]["tenant_id"], tenant);
    assert_eq!(mine["data"][0]["role"], "owner");
    assert_eq!(mine["data"][0]["status"], "active");
    assert!(mine["data"][0]["name"].is_string(), "{mine}");
    house
        .put(
            &format!("/tenants/{NOBODY}/members/x"),
            json!({ "role": "driver" }),
        )
        .await
        .is_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_owners_cannot_both_leave_at_once() {
    let house = House::new().await;
    let tenant = house.tenant("family").await;
    let path = |user: &str| format!("/tenants/{tenant}/members/{user}");
    house
        .put(&path("other"), json!({ "role": "owner" }))
        .await
        .is(201);
    let (one, other) = (path("owner"), path("other"));
    let (a, b) = tokio::join!(house.delete(&one), house.delete(&other));
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_for_one_person_once() {
    let house = House::new().await;
    let tenant = house.tenant("family").await;
    let invitations = format!("/tenants/{tenant}/invitations");
    let invited = house
        .post(&invitations, json!({ "role": "editor" }))
        .await
        .is(201);
    let token = invited["token"].as_str().unwrap();
    assert!(invited["link"].as_str().unwrap().ends_with(token));
    let looked = house
        .post("/tenants/invitations/look", json!({ "token": token }))
        .await
        .is(200);
    assert_eq!(
        (&looked["role"], &looked["tenant_id"]),
        (&json!("editor"), &json!(tenant))
    );
    let accept = |user: &'static str| {
        house.post_owned(
            "/tenants/invitations/accept".to_owned(),
            json!({ "token": token, "user": user }),
        )
    };
    assert_eq!(accept("kid").await.is(200)["role"], "editor");
    accept("kid").await.is(200);
    accept("thief").await.is_problem(404, "not_found");
    house
        .post("/tenants/invitations/look", json!({ "token": token }))
        .await
        .is_problem(404, "not_found");
    assert_eq!(house.get(&invitations).await.is(200)["data"], json!([]));
    let texts = [
        house.get("/tenants/audit").await.text,
        house.get("/tenants/events?after=0").await.text,
    ];
    assert!(texts.iter().all(|text| !text.contains(token)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_can_be_taken_back_ends_and_may_be_for_an_address() {
    let house = House::new().await;
    let tenant = house.tenant("family").await;
    let invitations = format!("/tenants/{tenant}/invitations");
    let accept = |body: Value| house.post_owned("/tenants/invitations/accept".to_owned(), body);

    let revoked = house
        .post(&invitations, json!({ "role": "viewer" }))
        .await
        .is(201);
    house
        .delete(&format!(
            "{invitations}/{}",
            revoked["id"].as_str().unwrap()
        ))
        .await
        .is(204);
    accept(json!({ "token": revoked["token"], "user": "u" }))
        .await
        .is_problem(404, "not_found");

    let ended = house
        .post(&invitations, json!({ "role": "viewer" }))
        .await
        .is(201);
    let client = house.database.superuser().await;
    let past = "UPDATE memberships.invitation SET expires_at = now() - interval '1 second'";
    client.batch_execute(past).await.unwrap();
    accept(json!({ "token": ended["token"], "user": "u" }))
        .await
        .is_problem(404, "not_found");

    let addressed = house
        .post(
            &invitations,
            json!({ "role": "viewer", "email": "Kid@Example.com" }),
        )
        .await
        .is(201);
    let token = &addressed["token"];
    accept(json!({ "token": token, "user": "u" }))
        .await
        .is_problem(404, "not_found");
    accept(json!({ "token": token, "user": "u", "email": "other@example.com" }))
        .await
        .is_problem(404, "not_found");
    accept(json!({ "token": token, "user": "u", "email": "kid@EXAMPLE.com" }))
        .await
        .is(200);
    let owner = house
        .post(&invitations, json!({ "role": "viewer" }))
        .await
        .is(201);
    let stays = accept(json!({ "token": owner["token"], "user": "owner" }))
        .await
        .is(200);
    assert_eq!(stays["role"], "owner", "nobody becomes less by accepting");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_invitation_is_named() {
    let house = House::new().await;
    let tenant = house.tenant("family").await;
    let invitations = format!("/tenants/{tenant}/invitations");
    for (body, pointer) in [
        (
            json!({ "role": "viewer", "email": "nobody" }),
            "/body/email",
        ),
        (
            json!({ "role": "viewer", "valid_days": 91 }),
            "/body/valid_days",
        ),
    ] {
        house.post(&invitations, body).await.names(422, pointer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_limits_the_members() {
    let house = House::new().await;
    let tenant = house.tenant("personal").await;
    let path = |user: &str| format!("/tenants/{tenant}/members/{user}");
    for user in ["b", "c"] {
        house
            .put(&path(user), json!({ "role": "viewer" }))
            .await
            .is(201);
    }
    house
        .put(&path("d"), json!({ "role": "viewer" }))
        .await
        .is_problem(403, "quota_exceeded");
    house.delete(&path("b")).await.is(204);
    house
        .put(&path("d"), json!({ "role": "viewer" }))
        .await
        .is(201);
    let usage = house.get(&format!("/tenants/{tenant}/usage")).await.is(200);
    assert_eq!(usage["quota"]["members"], json!({ "limit": 3, "used": 3 }));
    let events = house.events_of(&tenant).await;
    let warnings = events
        .iter()
        .filter(|kind| *kind == "tenant.quota_warning")
        .count();
    assert_eq!(warnings, 2, "80 % were crossed twice: {events:?}");
}
