//! Settings that are refused, and the one for a machine without a mail server.

use crate::house::House;
use crate::person::Person;
use test_kit::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn links_go_to_the_log_on_a_persons_own_machine_and_nowhere_else() {
    let house = House::with(&[("MAIL__SMTP", ""), ("MAIL__LINKS_TO_LOG", "true")]).await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let page = ann.get("/forgot").await;
    ann.submit(&page, "/forgot", &[("email", "ann@example.com")])
        .await
        .is(200);
    eventually("the link is in the log", || {
        house.log().contains("/auth/reset?token=")
    })
    .await;
    for (issuer, starts) in [
        ("https://localhost:8443/auth", true),
        ("https://127.0.0.1/auth", true),
        ("https://id.example/auth", false),
    ] {
        let listed = house.run_with(&["keys", "list"], ("ISSUER", issuer));
        let told = String::from_utf8(listed.stderr).unwrap();
        assert_eq!(listed.status.success(), starts, "{issuer}: {told}");
        assert!(starts || told.contains("mail.links_to_log"), "{told}");
    }
    let mailing = House::new().await;
    let listed = mailing.run_with(&["keys", "list"], ("MAIL__LINKS_TO_LOG", "true"));
    let told = String::from_utf8(listed.stderr).unwrap();
    assert_eq!(listed.status.code(), Some(3), "{told}");
    assert!(told.contains("mail.smtp"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_variable_takes_the_mail_server_away_that_ships() {
    let house = House::with(&[("MAIL__SMTP", ""), ("MAIL__LINKS_TO_LOG", "true")]).await;
    house.ship_settings();
    house.print(&["keys", "list"]);
    let both = house.run_with(&["keys", "list"], ("MAIL__SMTP", "none"));
    let told = String::from_utf8(both.stderr).unwrap();
    assert!(told.contains("mail.smtp"), "{told}");
    let mailing = House::new().await;
    mailing.ship_settings();
    mailing.print(&["keys", "list"]);
}
