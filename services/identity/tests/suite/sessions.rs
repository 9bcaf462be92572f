//! Who is signed in where.

use crate::client::{refresh, tokens};
use crate::house::{House, PASSWORD};
use crate::person::Person;

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_ended_one_by_one() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let phone = Person::at(&house, "198.51.100.7");
    phone.sign_in("ann@example.com", PASSWORD).await.is(303);
    let given = tokens(&house, &phone).await["refresh_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let page = ann.get("/account").await;
    assert!(page.text.contains("192.0.2.1") && page.text.contains("198.51.100.7"));
    let ben = Person::signed_up(&house, "ben@example.com").await;
    let of_ben = ben.get("/account").await;
    let revocation = page.hidden("/account/sessions/revoke");
    let session = &revocation
        .iter()
        .find(|(name, _)| name == "session")
        .unwrap()
        .1;
    let csrf = &of_ben.hidden("/signout")[0].1;
    // What is somebody else's is not there.
    let fields = [("csrf", csrf.as_str()), ("session", session.as_str())];
    ben.post("/account/sessions/revoke", &fields).await.is(404);
    phone.get("/account").await.is(200);
    ann.submit(&page, "/account/sessions/revoke", &[])
        .await
        .is(303);
    phone.get("/account").await.is(303);
    assert_eq!(refresh(&house, &given).await.0, 400);
    let page = ann.get("/account").await;
    ann.submit(&page, "/signout", &[]).await.is(200);
    ann.get("/account").await.is(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_new_with_every_sign_in_and_ends_by_time() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let first = ann.cookie("mvp_session").unwrap();
    ann.sign_in("ann@example.com", PASSWORD).await.is(303);
    assert_ne!(ann.cookie("mvp_session").unwrap(), first);
    let thief = Person::new(&house);
    thief.set_cookie("mvp_session", &first);
    thief.get("/account").await.is(303);
    // One chosen by somebody else is never taken over.
    let fixed = Person::new(&house);
    fixed.set_cookie("mvp_session", "chosen");
    fixed.sign_in("ann@example.com", PASSWORD).await.is(303);
    assert_ne!(fixed.cookie("mvp_session").unwrap(), "chosen");
    for column in [
        "expires_at = now() - interval '1 second'",
        "last_seen_at = now() - interval '8 days', expires_at = now() + interval '1 day'",
    ] {
        ann.get("/account").await.is(200);
        house
            .sql(&format!("UPDATE sessions.session SET {column}"))
            .await;
        ann.get("/account").await.is(303);
        ann.sign_in("ann@example.com", PASSWORD).await.is(303);
    }
}
