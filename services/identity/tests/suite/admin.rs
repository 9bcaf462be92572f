//! What admins and the operator do with other people's accounts.

use crate::client::{bearer, refresh, send, tokens};
use crate::house::{House, PASSWORD};
use crate::person::Person;
use reqwest::Method;
use serde_json::{Value, json};

/// An admin who has chosen a password, and its access token.
pub(crate) async fn admin(house: &House) -> (Person, String) {
    let made = house.print(&["users", "first-admin", "admin@localhost"]);
    let made: Value = serde_json::from_str(&made).unwrap();
    let once = made["password"].as_str().unwrap();
    let admin = Person::at(house, "203.0.113.1");
    let step = admin.sign_in("admin@localhost", once).await;
    assert_eq!(step.is(303).location(), "/auth/signin/password");
    admin.get("/account").await.is(303);
    let page = admin.get("/signin/password").await;
    let same = admin
        .submit(&page, "/signin/password", &[("new_password", once)])
        .await;
    let done = admin
        .submit(
            same.is(422),
            "/signin/password",
            &[("new_password", PASSWORD)],
        )
        .await;
    assert_eq!(done.is(303).location(), "/auth/account");
    let token = token(house, &admin).await;
    (admin, token)
}

async fn token(house: &House, person: &Person) -> String {
    tokens(house, person).await["access_token"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_admin_is_made_once_and_chooses_a_password() {
    let house = House::new().await;
    admin(&house).await;
    assert_eq!(
        house.print(&["users", "first-admin", "admin@localhost"]),
        ""
    );
    assert_eq!(
        house.print(&["users", "first-admin", "second@localhost"]),
        ""
    );
    let once = house.print(&["users", "one-time-password", "admin@localhost"]);
    let admin = Person::new(&house);
    admin.sign_in("admin@localhost", PASSWORD).await.is(422);
    let step = admin.sign_in("admin@localhost", &once).await;
    assert_eq!(step.is(303).location(), "/auth/signin/password");
}

/// Somebody's id, found by address.
pub(crate) async fn id_of(house: &House, token: &str, email: &str) -> String {
    let (status, found) = bearer(house, &format!("/users?email={email}"), token).await;
    assert_eq!(status, 200, "{found}");
    found["data"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_listed_by_pages_and_found_by_address() {
    let house = House::new().await;
    let (_, token) = admin(&house).await;
    Person::signed_up(&house, "ann@example.com").await;
    let (status, list) = bearer(&house, "/users?limit=1", &token).await;
    assert_eq!(
        (status, list["data"].as_array().unwrap().len()),
        (200, 1),
        "{list}"
    );
    let next = format!("/users?cursor={}", list["next_cursor"].as_str().unwrap());
    let (_, rest) = bearer(&house, &next, &token).await;
    assert_eq!(rest["data"][0]["email"], "ann@example.com", "{rest}");
    assert!(rest["data"][0].get("password_hash").is_none());
    let id = id_of(&house, &token, "ANN@example.com").await;
    let (_, one) = bearer(&house, &format!("/users/{id}"), &token).await;
    assert_eq!(one, rest["data"][0]);
    assert_eq!(bearer(&house, "/users?email=nonsense", &token).await.0, 422);
    assert_eq!(bearer(&house, "/users?role=admin", &token).await.0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn admins_disable_enable_and_unlock() {
    let house = House::with(&[("LIMITS__ACCOUNT", "2")]).await;
    let (_, token) = admin(&house).await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let of_ann = tokens(&house, &ann).await;
    let id = id_of(&house, &token, "ann@example.com").await;
    let act = async |what: &str| {
        send(
            &house,
            Method::POST,
            &format!("/users/{id}/{what}"),
            &token,
            None,
        )
        .await
    };
    let (status, disabled) = act("disable").await;
    assert_eq!(
        (status, disabled["disabled_at"].is_string()),
        (200, true),
        "{disabled}"
    );
    ann.get("/account").await.is(303);
    assert_eq!(
        refresh(&house, of_ann["refresh_token"].as_str().unwrap())
            .await
            .0,
        400
    );
    let access = of_ann["access_token"].as_str().unwrap();
    assert_eq!(bearer(&house, "/userinfo", access).await.0, 401);
    assert!(
        ann.sign_in("ann@example.com", PASSWORD)
            .await
            .is(403)
            .text
            .contains("disabled")
    );
    let wrong = ann.sign_in("ann@example.com", "wrong wrong wrong").await;
    assert!(!wrong.is(422).text.contains("disabled"));
    ann.sign_in("ann@example.com", PASSWORD).await.is(429);
    assert_eq!(act("enable").await.0, 200);
    assert_eq!(act("unlock").await.0, 200);
    ann.sign_in("ann@example.com", PASSWORD).await.is(303);
    let audited = house.audited().await;
    for action in ["account.disabled", "account.enabled", "account.unlocked"] {
        assert!(
            audited.contains(&action.to_owned()),
            "{action} is not in {audited:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn admins_give_roles() {
    let house = House::new().await;
    let (_, token) = admin(&house).await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let path = format!(
        "/users/{}/role",
        id_of(&house, &token, "ann@example.com").await
    );
    for (body, status) in [
        (json!({"role": "root"}), 422),
        (json!({"role": "support", "id": 1}), 422),
        (json!({"role": "support"}), 200),
    ] {
        let sent = send(&house, Method::PUT, &path, &token, Some(body)).await;
        assert_eq!(sent.0, status, "{}", sent.1);
    }
    let said = crate::client::claims(&self::token(&house, &ann).await);
    assert_eq!(said["roles"], json!(["support"]));
    assert!(
        house
            .audited()
            .await
            .contains(&"account.role_changed".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_whoever_may_does_and_the_last_admin_stays() {
    let house = House::new().await;
    let (boss, token_of_boss) = admin(&house).await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let token_of_ann = token(&house, &ann).await;
    assert_eq!(bearer(&house, "/users", "").await.0, 401);
    assert_eq!(bearer(&house, "/users", "nonsense").await.0, 401);
    assert_eq!(bearer(&house, "/users", &token_of_ann).await.0, 403);
    house.print(&["users", "role", "ann@example.com", "support"]);
    // The role is looked up: the token is the old one.
    let (status, list) = bearer(&house, "/users", &token_of_ann).await;
    assert_eq!(status, 200);
    let id = list["data"][0]["id"].as_str().unwrap();
    for (method, what) in [
        (Method::POST, "disable"),
        (Method::POST, "enable"),
        (Method::POST, "unlock"),
        (Method::PUT, "role"),
    ] {
        let path = format!("/users/{id}/{what}");
        let body = Some(json!({"role": "user"}));
        let (status, _) = send(&house, method.clone(), &path, &token_of_ann, body.clone()).await;
        assert_eq!(status, 403, "{what}");
        if ["disable", "role"].contains(&what) {
            let (status, _) = send(&house, method, &path, &token_of_boss, body).await;
            assert_eq!(status, 409, "{what}");
        }
    }
    let nobody = "/users/00000000-0000-7000-8000-000000000000";
    assert_eq!(bearer(&house, nobody, &token_of_boss).await.0, 404);
    assert_eq!(bearer(&house, "/users/x", &token_of_boss).await.0, 404);
    let page = boss.get("/account").await;
    boss.submit(&page, "/account/delete", &[("password", PASSWORD)])
        .await
        .is(409);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_admins_who_demote_each_other_leave_one() {
    let house = House::new().await;
    Person::signed_up(&house, "ann@example.com").await;
    Person::signed_up(&house, "ben@example.com").await;
    for email in ["ann@example.com", "ben@example.com"] {
        house.print(&["users", "role", email, "admin"]);
    }
    let signed_in = async |email| {
        let person = Person::new(&house);
        person.sign_in(email, PASSWORD).await.is(303);
        tokens(&house, &person).await["access_token"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (ann, ben) = (
        signed_in("ann@example.com").await,
        signed_in("ben@example.com").await,
    );
    let (id_of_ann, id_of_ben) = (
        id_of(&house, &ann, "ann@example.com").await,
        id_of(&house, &ann, "ben@example.com").await,
    );
    for _ in 0..5 {
        let paths = [&id_of_ben, &id_of_ann].map(|id| format!("/users/{id}/role"));
        let demote = |path, token| {
            let body = json!({ "role": "user" });
            send(&house, Method::PUT, path, token, Some(body))
        };
        let (one, other) = tokio::join!(demote(&paths[0], &ann), demote(&paths[1], &ben));
        let mut statuses = [one.0, other.0];
        statuses.sort_unstable();
        // The second one is no admin any more, or finds itself the last.
        assert!(
            statuses == [200, 403] || statuses == [200, 409],
            "{statuses:?}"
        );
        for email in ["ann@example.com", "ben@example.com"] {
            house.print(&["users", "role", email, "admin"]);
        }
    }
}
