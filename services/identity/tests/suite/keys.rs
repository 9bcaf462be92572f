//! Signing keys change, and what they signed stays good.

use crate::client::{part, tokens};
use crate::house::{AUDIENCE, House};
use crate::person::Person;
use access::{TokenError, TokenSettings, TokenVerifier};
use test_kit::eventually_async;

fn verifier(house: &House) -> TokenVerifier {
    let settings: TokenSettings = serde_json::from_value(serde_json::json!({
        "issuer": house.url, "audience": AUDIENCE, "fetch_pause_s": 0,
    }))
    .unwrap();
    TokenVerifier::new(&settings)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_published_first_and_the_old_ones_tokens_stay_good() {
    let mut house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let verifier = verifier(&house);
    let old = tokens(&house, &ann).await["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    verifier.verify(&old).await.unwrap();
    let next = house.print(&["keys", "rotate"]);
    let published = || async {
        let jwks = house.get_json("/jwks").await;
        let keys = jwks["keys"].as_array().unwrap().clone();
        keys.iter().any(|key| key["kid"] == next.as_str())
    };
    eventually_async("the next key is published", published).await;
    let still = tokens(&house, &ann).await["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(part(&still, 0)["kid"], part(&old, 0)["kid"]);
    let at_once = house.print(&["keys", "rotate", "--now"]);
    let signs = || async {
        let new = tokens(&house, &ann).await["access_token"]
            .as_str()
            .unwrap()
            .to_owned();
        part(&new, 0)["kid"] == at_once.as_str()
    };
    eventually_async("the new key signs", signs).await;
    let new = tokens(&house, &ann).await["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    verifier.verify(&new).await.unwrap();
    verifier.verify(&old).await.unwrap();
    house.restart().await;
    let kid = part(&old, 0)["kid"].as_str().unwrap().to_owned();
    house.print(&["keys", "remove", &kid]);
    assert!(!house.print(&["keys", "list"]).contains(&kid));
    let gone = || async {
        let jwks = house.get_json("/jwks").await;
        !jwks["keys"]
            .as_array()
            .unwrap()
            .iter()
            .any(|key| key["kid"] == kid.as_str())
    };
    eventually_async("the removed key is not published", gone).await;
    let fresh = crate::keys::verifier(&house);
    assert_eq!(fresh.verify(&old).await.unwrap_err(), TokenError::Invalid);
    fresh.verify(&new).await.unwrap();
    assert_eq!(
        house
            .audited()
            .await
            .iter()
            .filter(|it| *it == "key.made")
            .count(),
        3
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_not_readable_in_the_database() {
    let house = House::new().await;
    house.get_json("/jwks").await;
    let client = house.database.superuser().await;
    let row = client
        .query_one("SELECT sealed FROM oidc.signing_key", &[])
        .await
        .unwrap();
    let sealed: Vec<u8> = row.get(0);
    // A key of PKCS #8 in base64 begins so.
    assert!(!sealed.windows(4).any(|part| part == b"MIIE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_has_grown_old_is_followed_and_then_removed() {
    let mut house = House::new().await;
    let count = async |house: &House| {
        let jwks = house.get_json("/jwks").await;
        jwks["keys"].as_array().unwrap().len()
    };
    assert_eq!(count(&house).await, 1);
    house
        .sql("UPDATE oidc.signing_key SET created_at = now() - interval '91 days'")
        .await;
    // What is done by the clock is done at the start, too.
    house.restart().await;
    eventually_async("there is a next key", || async { count(&house).await == 2 }).await;
    house
        .sql("UPDATE oidc.signing_key SET signs_from = now() - interval '25 hours' WHERE created_at > now() - interval '1 day'")
        .await;
    house.restart().await;
    eventually_async("the old key is gone", || async { count(&house).await == 1 }).await;
}
