//! Who is signed in where.

use crate::client::{answer, question, redeem, refresh, tokens};
use crate::house::{House, PASSWORD};
use crate::person::Person;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use test_kit::eventually_async;

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

fn refresh_token(tokens: &Value) -> String {
    tokens["refresh_token"].as_str().unwrap().to_owned()
}

/// Somebody at another address, with tokens; the browser forgets the session, and the house has been cleaned since.
async fn only_refreshing(house: &mut House, email: &str, address: &str) -> (Person, Value) {
    let phone = Person::at(house, address);
    phone.sign_in(email, PASSWORD).await.is(303);
    let given = tokens(house, &phone).await;
    let other = Person::at(house, "198.51.100.99");
    other.sign_in(email, PASSWORD).await.is(303);
    let past = "last_seen_at = now() - interval '8 days', expires_at = now() - interval '1 day'";
    house
        .sql(&format!(
            "UPDATE sessions.session SET {past} WHERE address IN ('{address}', '198.51.100.99')"
        ))
        .await;
    cleaned(house, "198.51.100.99").await;
    phone.get("/account").await.is(303);
    (phone, given)
}

/// Starts the house again, which cleans it, and waits until a session that has ended is gone.
async fn cleaned(house: &mut House, address: &str) {
    house.restart().await;
    let client = house.database.superuser().await;
    let sql = "SELECT count(*) FROM sessions.session WHERE address = $1";
    eventually_async("what has ended is gone", || async {
        let row = client.query_one(sql, &[&address]).await.unwrap();
        row.get::<_, i64>(0) == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_whose_app_only_refreshes_stays_on_the_list_and_can_be_signed_out() {
    const PHONE: &str = "198.51.100.7";
    let mut house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let (_, given) = only_refreshing(&mut house, "ann@example.com", PHONE).await;
    let (status, next) = refresh(&house, &refresh_token(&given)).await;
    assert_eq!(status, 200, "{next}");
    let page = ann.get("/account").await;
    assert!(page.is(200).text.contains(PHONE), "{}", page.text);
    ann.submit(&page, "/account/sessions/revoke", &[])
        .await
        .is(303);
    assert!(!ann.get("/account").await.text.contains(PHONE));
    assert_eq!(refresh(&house, &refresh_token(&next)).await.0, 400);
    assert_eq!(house.times("session.ended").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_ends_the_session_that_its_browser_has_forgotten() {
    let mut house = House::new().await;
    Person::signed_up(&house, "ann@example.com").await;
    let (phone, given) = only_refreshing(&mut house, "ann@example.com", "198.51.100.7").await;
    let hint = given["id_token"].as_str().unwrap();
    let gone = phone.get(&format!("/logout?id_token_hint={hint}")).await;
    assert!(gone.is(200).text.contains("You are signed out"));
    assert_eq!(refresh(&house, &refresh_token(&given)).await.0, 400);
    // Signed in once more in the browser, the same client asks first, and then both end.
    let (phone, given) = only_refreshing(&mut house, "ann@example.com", "198.51.100.8").await;
    phone.sign_in("ann@example.com", PASSWORD).await.is(303);
    let hint = given["id_token"].as_str().unwrap();
    let asks = phone.get(&format!("/logout?id_token_hint={hint}")).await;
    assert!(asks.is(200).text.contains("Sign out?"));
    let gone = phone.submit(&asks, "/logout/confirm", &[]).await;
    assert!(gone.is(200).text.contains("You are signed out"));
    phone.get("/account").await.is(303);
    assert_eq!(refresh(&house, &refresh_token(&given)).await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_lasts_as_long_as_its_tokens_and_they_no_longer_than_it() {
    let mut house = House::new().await;
    Person::signed_up(&house, "ann@example.com").await;
    let (_, given) = only_refreshing(&mut house, "ann@example.com", "198.51.100.7").await;
    house
        .sql("UPDATE oidc.family SET expires_at = now() + interval '2 days'; UPDATE sessions.session SET refresh_until = NULL WHERE address = '198.51.100.7'")
        .await;
    let (status, next) = refresh(&house, &refresh_token(&given)).await;
    assert_eq!(status, 200, "{next}");
    let client = house.database.superuser().await;
    let sql = "SELECT s.refresh_until = f.expires_at FROM sessions.session s JOIN oidc.family f ON f.session_id = s.id WHERE s.address = '198.51.100.7'";
    let row = client.query_one(sql, &[]).await.unwrap();
    assert!(row.get::<_, bool>(0), "not beyond the family's end");
    let past =
        "last_seen_at = now() - interval '8 days', refresh_until = now() - interval '1 second'";
    house
        .sql(&format!(
            "UPDATE sessions.session SET {past} WHERE address = '198.51.100.7'"
        ))
        .await;
    cleaned(&mut house, "198.51.100.7").await;
    assert_eq!(refresh(&house, &refresh_token(&next)).await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_given_while_its_session_ends_is_worth_nothing() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let phone = Person::at(&house, "198.51.100.7");
    phone.sign_in("ann@example.com", PASSWORD).await.is(303);
    let page = ann.get("/account").await;
    let has_ended = AtomicBool::new(false);
    // The code cannot be written yet; meanwhile the session is ended elsewhere.
    let client = house.database.superuser().await;
    let lock = "BEGIN; LOCK TABLE oidc.code IN SHARE MODE";
    client.batch_execute(lock).await.unwrap();
    let asked = question(&[]);
    let ending = async {
        eventually_async("the code waits", || async { house.waiting().await == 1 }).await;
        let ended = ann.submit(&page, "/account/sessions/revoke", &[]).await;
        has_ended.store(true, Ordering::Relaxed);
        ended
    };
    let letting_go = async {
        eventually_async("the session ends, or waits for the code", || async {
            has_ended.load(Ordering::Relaxed) || house.waiting().await == 2
        })
        .await;
        client.batch_execute("COMMIT").await.unwrap();
    };
    let (given, ended, ()) = tokio::join!(phone.get(&asked), ending, letting_go);
    ended.is(303);
    let (status, tokens) = redeem(&house, &answer(&given)["code"]).await;
    assert_eq!(status, 400, "{tokens}");
}

#[tokio::test(flavor = "multi_thread")]
async fn refreshing_and_signing_out_wait_for_each_other_in_one_order() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let phone = Person::at(&house, "198.51.100.7");
    phone.sign_in("ann@example.com", PASSWORD).await.is(303);
    let given = refresh_token(&tokens(&house, &phone).await);
    let page = ann.get("/account").await;
    // Both stand before the family; if one of them had taken the session already, neither could go on.
    let client = house.database.superuser().await;
    let lock = "BEGIN; SELECT FROM oidc.family FOR UPDATE";
    client.batch_execute(lock).await.unwrap();
    let ending = async {
        eventually_async("the refresh waits", || async { house.waiting().await == 1 }).await;
        ann.submit(&page, "/account/sessions/revoke", &[]).await
    };
    let letting_go = async {
        eventually_async("both wait", || async { house.waiting().await == 2 }).await;
        client.batch_execute("COMMIT").await.unwrap();
    };
    let (refreshed, ended, ()) = tokio::join!(refresh(&house, &given), ending, letting_go);
    assert_eq!((refreshed.0, ended.status.as_u16()), (200, 303));
    let next = refresh_token(&refreshed.1);
    assert_eq!(refresh(&house, &next).await.0, 400);
}
