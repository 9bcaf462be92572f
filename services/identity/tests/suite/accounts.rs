//! Signing up, confirming, resetting, changing, leaving.

use crate::client::{refresh, tokens};
use crate::house::{House, PASSWORD};
use crate::person::Person;

const CONFIRMED: [(&str, &str); 1] = [("ACCOUNTS__VERIFY_EMAIL", "true")];
const ANOTHER: &str = "four green hedgehogs";

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_by_whoever_has_the_address_and_the_password() {
    let house = House::with(&CONFIRMED).await;
    let mallory = Person::at(&house, "192.0.2.66");
    let told = mallory
        .sign_up("ann@example.com", "mallory was here", "")
        .await;
    assert!(told.is(200).text.contains("Check your mail"));
    let ann = Person::new(&house);
    ann.sign_up("Ann@example.com", PASSWORD, "").await.is(200);
    // Nobody has an account yet.
    ann.sign_in("ann@example.com", PASSWORD).await.is(422);
    let of_mallory = house.link_for("ann@example.com", 0).await;
    let page = ann.get(&of_mallory).await;
    ann.submit(&page, "/confirm", &[("password", PASSWORD)])
        .await
        .is(422);
    let own = house.link_for("Ann@example.com", 0).await;
    let page = ann.get(&own).await;
    let done = ann
        .submit(&page, "/confirm", &[("password", PASSWORD)])
        .await;
    assert_eq!(done.is(303).location(), "/auth/account");
    assert!(
        ann.get("/account")
            .await
            .is(200)
            .text
            .contains("Ann@example.com")
    );
    // The other link makes no second account, and this one works once.
    let page = mallory.get(&of_mallory).await;
    let late = [("password", "mallory was here")];
    mallory.submit(&page, "/confirm", &late).await.is(404);
    ann.get(&own).await.is(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_was_never_confirmed_must_be_once_the_house_wants_it() {
    let mut house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    house.set("ACCOUNTS__VERIFY_EMAIL", "true");
    house.restart().await;
    let told = ann.sign_in("ann@example.com", PASSWORD).await;
    assert!(
        told.is(403).text.contains("confirmed first"),
        "{}",
        told.text
    );
    let link = house.link_for("ann@example.com", 0).await;
    let page = ann.get(&link).await;
    ann.submit(&page, "/confirm", &[]).await.is(200);
    ann.submit(&page, "/confirm", &[]).await.is(404);
    ann.sign_in("ann@example.com", PASSWORD).await.is(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_is_the_same_whether_there_is_an_account_or_not() {
    let house = House::with(&CONFIRMED).await;
    house.print(&["users", "first-admin", "ann@example.com"]);
    let person = Person::new(&house);
    let text = |text: &str| text.to_owned();
    let known = person.sign_up("ann@example.com", PASSWORD, "").await;
    let unknown = person.sign_up("new@example.com", PASSWORD, "").await;
    assert_eq!(
        (known.status, text(&known.text)),
        (unknown.status, unknown.text)
    );
    let mail = house.postbox.wait_for("ann@example.com", 0).await;
    assert!(mail.text.contains("already"), "{}", mail.text);
    let forgot = async |email| {
        let page = person.get("/forgot").await;
        person.submit(&page, "/forgot", &[("email", email)]).await
    };
    let known = forgot("ann@example.com").await;
    let unknown = forgot("nobody@example.com").await;
    assert_eq!((known.status, known.text), (unknown.status, unknown.text));
    house.postbox.wait_for("ann@example.com", 1).await;
    assert!(
        house
            .postbox
            .all()
            .iter()
            .all(|mail| mail.to != "nobody@example.com")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_goes_on_after_signing_up() {
    let house = House::new().await;
    let ann = Person::new(&house);
    let asked = ann
        .get(&crate::client::question(&[("prompt", "create")]))
        .await;
    let query = asked
        .is(303)
        .location()
        .split_once("signup")
        .unwrap()
        .1
        .to_owned();
    let done = ann.sign_up("ann@example.com", PASSWORD, &query).await;
    let back = ann.get(done.is(303).location()).await;
    assert!(crate::client::answer(&back).contains_key("code"));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_sign_ups_are_refused_and_keep_what_was_filled_in() {
    let house = House::new().await;
    let ann = Person::new(&house);
    for (email, password, objection) in [
        ("no address", PASSWORD, "no e-mail address"),
        ("ann@example.com", "short", "at least 10"),
        ("ann@example.com", "password123", "tried first"),
        ("annabell@example.com", "annabell12", "e-mail address"),
    ] {
        let page = ann.sign_up(email, password, "").await;
        assert!(page.is(422).text.contains(objection), "{}", page.text);
        assert!(page.text.contains(email) && !page.text.contains(password));
    }
    let script = "<script>alert(1)</script>";
    let page = ann.sign_up(script, PASSWORD, "").await;
    assert!(!page.text.contains(script), "{}", page.text);
    let page = ann.get("/signup").await;
    let all = [
        ("name", "A"),
        ("email", "a@x"),
        ("new_password", PASSWORD),
        ("role", "admin"),
    ];
    ann.submit(&page, "/signup", &all).await.is(422);
    ann.sign_up("ann@example.com", PASSWORD, "").await.is(303);
    let closed = House::with(&[("ACCOUNTS__SIGN_UP", "false")]).await;
    Person::new(&closed).get("/signup").await.is(403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_replaced_once_and_ends_everything() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let given = tokens(&house, &ann).await["refresh_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let other = Person::new(&house);
    let page = other.get("/forgot").await;
    other
        .submit(&page, "/forgot", &[("email", "ANN@example.com")])
        .await
        .is(200);
    let link = house.link_for("ann@example.com", 0).await;
    let page = other.get(&link).await;
    let weak = other
        .submit(&page, "/reset", &[("new_password", "short")])
        .await;
    let done = other
        .submit(weak.is(422), "/reset", &[("new_password", ANOTHER)])
        .await;
    assert!(done.is(200).text.contains("signed out everywhere"));
    let again = other.get(&link).await;
    other
        .submit(&again, "/reset", &[("new_password", "five blue badgers")])
        .await
        .is(404);
    ann.get("/account").await.is(303);
    assert_eq!(refresh(&house, &given).await.0, 400);
    other.sign_in("ann@example.com", PASSWORD).await.is(422);
    other.sign_in("ann@example.com", ANOTHER).await.is(303);
    let late = other.get("/forgot").await;
    other
        .submit(&late, "/forgot", &[("email", "ann@example.com")])
        .await
        .is(200);
    let link = house.link_for("ann@example.com", 1).await;
    house
        .sql("UPDATE accounts.link SET expires_at = now() - interval '1 second'")
        .await;
    let page = other.get(&link).await;
    other
        .submit(&page, "/reset", &[("new_password", PASSWORD)])
        .await
        .is(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_waits_for_its_server() {
    let mut house = House::new().await;
    house.postbox.takes(false);
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let page = ann.get("/forgot").await;
    ann.submit(&page, "/forgot", &[("email", "ann@example.com")])
        .await
        .is(200);
    test_kit::eventually("an attempt fails", || {
        house.log().contains("a mail must wait")
    })
    .await;
    house.restart().await;
    house.postbox.takes(true);
    house.sql("UPDATE outbox.message SET due_at = now()").await;
    house.postbox.wait_for("ann@example.com", 0).await;
    test_kit::eventually_async("nothing is left", || async {
        let client = house.database.superuser().await;
        let left = client
            .query_one("SELECT count(*) FROM outbox.message", &[])
            .await;
        left.unwrap().get::<_, i64>(0) == 0
    })
    .await;
    assert_eq!(house.postbox.all().len(), 1);
    // What the server said of the address is not in the log.
    assert!(!house.log().contains("ann@example.com"));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_change_and_delete_their_own_account() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let phone = Person::new(&house);
    phone.sign_in("ann@example.com", PASSWORD).await.is(303);
    let page = ann.get("/account").await;
    ann.submit(&page, "/account/profile", &[("name", "Ann <b>B</b>")])
        .await
        .is(303);
    let page = ann.get("/account").await;
    assert!(
        page.text.contains("Ann &lt;b&gt;B&lt;/b&gt;"),
        "{}",
        page.text
    );
    let change = async |now, new| {
        let fields = [("password", now), ("new_password", new)];
        ann.submit(&page, "/account/password", &fields).await
    };
    change("not the password", ANOTHER).await.is(422);
    change(PASSWORD, "short").await.is(422);
    change(PASSWORD, ANOTHER).await.is(200);
    let own = ann.get("/account").await;
    assert!(
        own.is(200)
            .text
            .contains("They are not told that you leave")
    );
    phone.get("/account").await.is(303);
    let delete = async |password| {
        ann.submit(&page, "/account/delete", &[("password", password)])
            .await
    };
    delete(PASSWORD).await.is(422);
    delete(ANOTHER).await.is(200);
    ann.get("/account").await.is(303);
    ann.sign_in("ann@example.com", ANOTHER).await.is(422);
    let client = house.database.superuser().await;
    for table in [
        "accounts.account",
        "sessions.session",
        "oidc.family",
        "second_factor.factor",
    ] {
        let sql = format!("SELECT count(*) FROM {table}");
        let left: i64 = client.query_one(&sql, &[]).await.unwrap().get(0);
        assert_eq!(left, 0, "{table}");
    }
    let audited = house.audited().await;
    for action in [
        "account.created",
        "account.changed",
        "password.changed",
        "account.deleted",
    ] {
        assert!(
            audited.contains(&action.to_owned()),
            "{action} is not in {audited:?}"
        );
    }
    assert!(house.run(&["audit", "verify"]).status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_changed_by_whoever_has_the_new_one_and_knows_the_password() {
    const OLD: &str = "ann@example.com";
    const NEW: &str = "ann@example.org";
    let house = House::new().await;
    let ann = Person::signed_up(&house, OLD).await;
    Person::signed_up(&house, "ben@example.com").await;
    let page = ann.get("/account").await;
    let ask = async |email: &str, password: &str| {
        let fields = [("email", email), ("password", password)];
        ann.submit(&page, "/account/email", &fields).await
    };
    for (email, password) in [
        (NEW, "not the password"),
        ("no address", PASSWORD),
        (OLD, PASSWORD),
    ] {
        ask(email, password).await.is(422);
    }
    // Whoever asks does not learn that the address is taken; its owner does.
    let taken = ask("ben@example.com", PASSWORD).await;
    let told = house.postbox.wait_for("ben@example.com", 0).await.text;
    assert!(told.contains("has one already"), "{told}");
    let free = ask(NEW, PASSWORD).await;
    assert_eq!(taken.is(200).text, free.is(200).text);
    // What went to the old address before is good for nothing after.
    let stranger = Person::new(&house);
    let forgot = stranger.get("/forgot").await;
    let reset = stranger.submit(&forgot, "/forgot", &[("email", OLD)]).await;
    reset.is(200);
    let reset = house.link_for(OLD, 0).await;

    let link = house.link_for(NEW, 0).await;
    let page = stranger.get(&link).await;
    let wrong = [("password", "not the password")];
    stranger.submit(&page, "/confirm", &wrong).await.is(422);
    let right = [("password", PASSWORD)];
    stranger.submit(&page, "/confirm", &right).await.is(200);
    stranger.submit(&page, "/confirm", &right).await.is(404);
    let told = house.postbox.wait_for(OLD, 1).await.text;
    assert!(told.contains("has another e-mail address"), "{told}");
    let page = stranger.get(&reset).await;
    let fields = [("new_password", ANOTHER)];
    stranger.submit(&page, "/reset", &fields).await.is(404);
    stranger.sign_in(OLD, PASSWORD).await.is(422);
    stranger.sign_in(NEW, PASSWORD).await.is(303);
    let audited = house.audited().await;
    let changed = audited.iter().filter(|it| *it == "account.email_changed");
    assert_eq!(changed.count(), 1);
    assert!(!house.log().contains("example.org"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_was_taken_meanwhile_stays_its_owners() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let page = ann.get("/account").await;
    let fields = [("email", "new@example.com"), ("password", PASSWORD)];
    ann.submit(&page, "/account/email", &fields).await.is(200);
    let link = house.link_for("new@example.com", 0).await;
    Person::signed_up(&house, "new@example.com").await;
    let page = ann.get(&link).await;
    let right = [("password", PASSWORD)];
    ann.submit(&page, "/confirm", &right).await.is(404);
    ann.sign_in("ann@example.com", PASSWORD).await.is(303);
    // Of two who want one address at the same time one gets it.
    for nth in 0..4 {
        let email = format!("canary-{nth}@example.org");
        let page = ann.get("/account").await;
        let fields = [("email", email.as_str()), ("password", PASSWORD)];
        ann.submit(&page, "/account/email", &fields).await.is(200);
        let link = house.link_for(&email, 0).await;
        let page = ann.get(&link).await;
        let ben = Person::new(&house);
        let (changed, made) = tokio::join!(
            ann.submit(&page, "/confirm", &right),
            ben.sign_up(&email, PASSWORD, "")
        );
        let statuses = (changed.status.as_u16(), made.status.as_u16());
        assert!([(200, 422), (404, 303)].contains(&statuses), "{statuses:?}");
    }
    // What the unique index refuses is in the log of PostgreSQL with its values.
    let log = house.log_of_postgres().await;
    assert!(log.contains("ready to accept connections"), "{log}");
    assert!(!log.contains("canary-") && !log.contains("new@example.com"));
}
