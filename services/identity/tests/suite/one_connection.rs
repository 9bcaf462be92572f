//! No request holds a connection to the database while it waits for another one: that ends as soon as all are held so.

use crate::admin::{admin, id_of};
use crate::authenticator::{Key, added, ask, send as send_passkey};
use crate::client::{bearer, refresh, send, tokens};
use crate::house::{House, PASSWORD};
use crate::person::Person;
use crate::second_factor::turned_on;
use reqwest::Method;
use serde_json::json;

const ANN: &str = "ann@example.com";
const ANOTHER: &str = "four green hedgehogs";

async fn house() -> House {
    House::with(&[("DATABASE__MAX_CONNECTIONS", "1")]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_and_admins_are_served_by_one_connection() {
    let house = house().await;
    let ann = Person::signed_up(&house, ANN).await;
    let given = tokens(&house, &ann).await;
    let given = given["refresh_token"].as_str().unwrap();
    let (status, next) = refresh(&house, given).await;
    assert_eq!(status, 200, "{next}");
    let access = next["access_token"].as_str().unwrap();
    assert_eq!(bearer(&house, "/userinfo", access).await.0, 200);
    let (_, token) = admin(&house).await;
    let id = id_of(&house, &token, ANN).await;
    for act in ["unlock", "disable", "enable"] {
        let path = format!("/users/{id}/{act}");
        let (status, user) = send(&house, Method::POST, &path, &token, None).await;
        assert_eq!(status, 200, "{act}: {user}");
    }
    let path = format!("/users/{id}/role");
    let body = Some(json!({ "role": "support" }));
    let (status, user) = send(&house, Method::PUT, &path, &token, body).await;
    assert_eq!(status, 200, "{user}");
    house.print(&["users", "unlock", ANN]);
    house.print(&["users", "reset-second-factor", ANN]);
    house.print(&["keys", "rotate", "--now"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_served_by_one_connection() {
    let house = house().await;
    let ann = Person::signed_up(&house, ANN).await;
    added(&house, &ann, Key::es256()).await;
    turned_on(&ann).await;
    let page = ann.get("/account").await;
    for (path, fields, status) in [
        ("/account/profile", vec![("name", "Ann B")], 303),
        (
            "/account/email",
            vec![("email", "ann@example.org"), ("password", PASSWORD)],
            200,
        ),
        (
            "/account/second-factor/off",
            vec![("password", PASSWORD)],
            303,
        ),
        (
            "/account/password",
            vec![("password", PASSWORD), ("new_password", ANOTHER)],
            200,
        ),
    ] {
        ann.submit(&page, path, &fields).await.is(status);
    }
    let link = house.link_for("ann@example.org", 0).await;
    // A new password ends the links that were mailed before.
    ann.get(&link).await.is(404);
    let forgot = ann.get("/forgot").await;
    ann.submit(&forgot, "/forgot", &[("email", ANN)])
        .await
        .is(200);
    let reset = ann.get(&house.link_for(ANN, 1).await).await;
    ann.submit(&reset, "/reset", &[("new_password", PASSWORD)])
        .await
        .is(200);
    ann.sign_in(ANN, PASSWORD).await.is(303);
    let page = ann.get("/account").await;
    ann.submit(&page, "/account/delete", &[("password", PASSWORD)])
        .await
        .is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_signs_in_by_one_connection() {
    let house = house().await;
    let ann = Person::signed_up(&house, ANN).await;
    let passkey = added(&house, &ann, Key::es256()).await;
    let phone = Person::new(&house);
    let (page, asked) = ask(&phone, "/signin").await;
    let said = passkey.say("webauthn.get", &asked["challenge"]);
    send_passkey(&phone, &page, &passkey.signed(&said))
        .await
        .is(303);
    let page = phone.get("/account").await;
    phone.submit(&page, "/signout", &[]).await.is(200);
}
