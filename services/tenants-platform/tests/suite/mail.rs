//! Invitations that are mailed: a real SMTP server gets them.

use crate::house::House;
use serde_json::{Value, json};
use test_kit::{Postbox, eventually, eventually_async};

const NO_REDIS: u16 = 1;
const LINK: &str = "https://motovaultpro.test/app/invitations/{token}";

async fn house_with(postbox: &Postbox) -> House {
    let port = postbox.port.to_string();
    let settings = [
        ("MAIL__FROM", "MotoVaultPro <no-reply@motovaultpro.test>"),
        ("MAIL__SMTP__HOST", "127.0.0.1"),
        ("MAIL__SMTP__PORT", port.as_str()),
        ("MAIL__SMTP__TLS", "none"),
        ("INVITATIONS__LINK", LINK),
    ];
    House::with(NO_REDIS, &settings).await
}

async fn invite(house: &House, tenant: &str, email: &str) -> Value {
    let body = json!({ "role": "editor", "email": email, "inviter_name": "Ann Smith" });
    let path = format!("/tenants/{tenant}/invitations");
    house.post(&path, body).await.is(201)
}

async fn nothing_waits(house: &House) {
    eventually_async("nothing is left", || async {
        let client = house.database.superuser().await;
        let left = client.query_one("SELECT count(*) FROM outbox.message", &[]);
        left.await.unwrap().get::<_, i64>(0) == 0
    })
    .await;
}

async fn sql(house: &House, statement: &str) {
    let client = house.database.superuser().await;
    client.batch_execute(statement).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_for_an_address_is_mailed_there_and_its_link_is_good() {
    let postbox = Postbox::open().await;
    let house = house_with(&postbox).await;
    let tenant = house.tenant("family").await;
    let invited = invite(&house, &tenant, "kid@example.com").await;
    assert_eq!(invited["delivery"], "mail");
    let mail = postbox.wait_for("kid@example.com", 0).await.text;
    for part in [
        "Subject: Invitation to The Smiths",
        "Ann Smith invites you to The Smiths",
        "as an editor",
        "until ",
    ] {
        assert!(mail.contains(part), "{part}: {mail}");
    }
    let link = postbox.link_for("kid@example.com", 0).await;
    assert_eq!(link, invited["link"]);
    let token = link.rsplit('/').next().unwrap();
    let acceptance = json!({ "token": token, "user": "kid", "email": "kid@example.com" });
    let accepted = house.post("/tenants/invitations/accept", acceptance).await;
    assert_eq!(accepted.is(200)["role"], "editor");
    nothing_waits(&house).await;
    assert_eq!(postbox.all().len(), 1);
    let log = house.log();
    assert!(!log.contains(token) && !log.contains("kid@example.com"));

    let open = json!({ "role": "viewer" });
    let path = format!("/tenants/{tenant}/invitations");
    let unaddressed = house.post(&path, open).await.is(201);
    assert_eq!(unaddressed["delivery"], "link");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_outlives_its_server_and_ours_and_one_taken_back_is_not_sent() {
    let postbox = Postbox::open().await;
    postbox.takes(false);
    let mut house = house_with(&postbox).await;
    let tenant = house.tenant("family").await;
    invite(&house, &tenant, "kid@example.com").await;
    let other = invite(&house, &tenant, "other@example.com").await;
    let taken = invite(&house, &tenant, "third@example.com").await;
    eventually("an attempt fails", || {
        house.log().contains("a mail must wait")
    })
    .await;
    let other = other["id"].as_str().unwrap();
    let path = format!("/tenants/{tenant}/invitations/{other}");
    house.delete(&path).await.is(204);
    // Somebody was told the link and has accepted before the mail could leave.
    let acceptance =
        json!({ "token": taken["token"], "user": "third", "email": "third@example.com" });
    let accepted = house.post("/tenants/invitations/accept", acceptance).await;
    accepted.is(200);
    house.terminate();
    house.ended().await;
    postbox.takes(true);
    sql(&house, "UPDATE outbox.message SET due_at = now()").await;
    let _again = house.another_instance();
    postbox.wait_for("kid@example.com", 0).await;
    nothing_waits(&house).await;
    assert_eq!(postbox.all().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_is_not_mailed() {
    let postbox = Postbox::open().await;
    postbox.takes(false);
    let house = house_with(&postbox).await;
    let tenant = house.tenant("family").await;
    invite(&house, &tenant, "kid@example.com").await;
    eventually("an attempt fails", || {
        house.log().contains("a mail must wait")
    })
    .await;
    sql(
        &house,
        "UPDATE outbox.message SET until = now(), due_at = now()",
    )
    .await;
    postbox.takes(true);
    nothing_waits(&house).await;
    assert!(postbox.all().is_empty());
    let metrics = house.get("/metrics").await.text;
    assert!(
        metrics.contains("mvp_mail_attempts_total") && metrics.contains("outcome=\"over\""),
        "{metrics}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mail_server_the_caller_hands_the_link_on() {
    let house = House::new().await;
    let tenant = house.tenant("family").await;
    let invited = invite(&house, &tenant, "kid@example.com").await;
    assert_eq!(invited["delivery"], "link");
    nothing_waits(&house).await;
    assert!(!house.log().contains(invited["token"].as_str().unwrap()));
    let path = format!("/tenants/{tenant}/invitations");
    for name in ["", "two\nlines", "x".repeat(101).as_str()] {
        let body = json!({ "role": "viewer", "inviter_name": name });
        let refused = house.post(&path, body).await;
        refused.names(422, "/body/inviter_name");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_cannot_be_mailed_keeps_the_service_from_starting() {
    let house = House::new().await;
    let mail = [
        ("MAIL__FROM", "no-reply@motovaultpro.test"),
        ("MAIL__SMTP__HOST", "127.0.0.1"),
        ("MAIL__SMTP__PORT", "25"),
        ("MAIL__SMTP__TLS", "none"),
    ];
    for link in [
        "/app/invitations/{token}",
        "http://motovaultpro.test/{token}",
        "https://motovaultpro.test/",
        "http://localhost.motovaultpro.test/{token}",
    ] {
        let mut settings = mail.to_vec();
        settings.push(("INVITATIONS__LINK", link));
        let ended = house.run_with(&["serve"], &settings);
        assert_eq!(ended.status.code(), Some(3), "{link}: {ended:?}");
    }
}
