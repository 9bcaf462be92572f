//! What is secret or personal is in no log, no metric and no audit entry.

use crate::client::{bearer, refresh, tokens};
use crate::house::{House, PASSWORD};
use crate::person::Person;

#[tokio::test(flavor = "multi_thread")]
async fn no_password_token_link_or_address_of_mail_gets_out() {
    let house = House::with(&[("LIMITS__ACCOUNT", "2")]).await;
    let ann = Person::signed_up(&house, "canary@example.com").await;
    let tokens = tokens(&house, &ann).await;
    let given = tokens["refresh_token"].as_str().unwrap();
    refresh(&house, given).await;
    refresh(&house, given).await;
    let access = tokens["access_token"].as_str().unwrap();
    bearer(&house, "/userinfo", access).await;
    let page = ann.get("/forgot").await;
    ann.submit(&page, "/forgot", &[("email", "canary@example.com")])
        .await
        .is(200);
    let link = house.link_for("canary@example.com", 0).await;
    let token = link.split_once("token=").unwrap().1;
    let other = Person::new(&house);
    for _ in 0..3 {
        other
            .sign_in("canary@example.com", "wrong canary wrong")
            .await;
    }
    house
        .sql("ALTER TABLE accounts.account RENAME TO away")
        .await;
    other.sign_in("canary@example.com", PASSWORD).await;
    Person::at(&house, "192.0.2.9")
        .sign_in("kanari@example.com", PASSWORD)
        .await
        .is(500);
    let session = ann.cookie("mvp_session").unwrap();
    let url = format!("{}/metrics", house.url.trim_end_matches("/auth"));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let metrics = client.get(url).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("mvp_mail_attempts"), "{metrics}");
    let database = house.database.superuser().await;
    let rows = database
        .query("SELECT row(entry.*)::text FROM audit.entry", &[])
        .await
        .unwrap();
    let audit: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let out = format!("{}\n{metrics}\n{}", house.log(), audit.join("\n"));
    assert!(house.log().contains("a request got no answer"));
    for secret in ["canary", "kanari", PASSWORD, given, access, token, &session] {
        assert!(!out.contains(secret), "{secret} got out");
    }
}
