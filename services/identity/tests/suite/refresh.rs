//! Refresh tokens: rotated, good once, ended together.

use crate::client::{code, post, redeem, refresh, tokens};
use crate::house::{CLIENT, House};
use crate::person::Person;

#[tokio::test(flavor = "multi_thread")]
async fn each_use_gives_the_next_and_a_second_use_ends_them_all() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let first = tokens(&house, &ann).await["refresh_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let (status, second) = refresh(&house, &first).await;
    assert_eq!(status, 200, "{second}");
    let second = second["refresh_token"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    let (status, refused) = refresh(&house, &first).await;
    assert_eq!((status, &refused["error"]), (400, &"invalid_grant".into()));
    assert_eq!(refresh(&house, &second).await.0, 400);
    let audited = house.audited().await;
    let reuse = audited
        .iter()
        .filter(|it| *it == "refresh_token.reused")
        .count();
    assert_eq!(reuse, 1, "{audited:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_uses_at_once_one_gets_tokens_that_are_worth_nothing() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let token = tokens(&house, &ann).await["refresh_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let (a, b) = tokio::join!(refresh(&house, &token), refresh(&house, &token));
    let (won, lost) = if a.0 == 200 { (a, b) } else { (b, a) };
    assert_eq!((won.0, lost.0), (200, 400));
    let next = won.1["refresh_token"].as_str().unwrap();
    assert_eq!(refresh(&house, next).await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn they_belong_to_a_client_and_end_by_time_and_by_revocation() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let token = tokens(&house, &ann).await["refresh_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let with = |client: &'static str, more: (&'static str, &'static str)| {
        let token = token.clone();
        let house = &house;
        async move {
            let form = [
                ("grant_type", "refresh_token"),
                ("client_id", client),
                ("refresh_token", &token),
                more,
            ];
            post(house, "/token", &form).await
        }
    };
    assert_eq!(with("other", ("x", "y")).await.0, 400);
    let (status, wider) = with(CLIENT, ("scope", "openid admin")).await;
    assert_eq!((status, &wider["error"]), (400, &"invalid_scope".into()));
    let (status, less) = with(CLIENT, ("scope", "openid")).await;
    assert_eq!((status, &less["scope"]), (200, &"openid".into()));
    let token = less["refresh_token"].as_str().unwrap();
    let unknown = [("token", "nonsense"), ("client_id", CLIENT)];
    assert_eq!(post(&house, "/revoke", &unknown).await.0, 200);
    let other = [("token", token), ("client_id", "other")];
    assert_eq!(post(&house, "/revoke", &other).await.0, 200);
    let (status, next) = refresh(&house, token).await;
    assert_eq!(status, 200, "another client's revocation changes nothing");
    let next = next["refresh_token"].as_str().unwrap();
    let own = [("token", next), ("client_id", CLIENT)];
    assert_eq!(post(&house, "/revoke", &own).await.0, 200);
    assert_eq!(refresh(&house, next).await.0, 400);
    let late = tokens(&house, &ann).await["refresh_token"]
        .as_str()
        .unwrap()
        .to_owned();
    house
        .sql("UPDATE oidc.refresh_token SET expires_at = now() - interval '1 second'")
        .await;
    assert_eq!(refresh(&house, &late).await.0, 400);
    let (_, without) = redeem(&house, &code(&ann, &[("scope", "openid")]).await).await;
    assert!(without["refresh_token"].is_null(), "{without}");
}
