//! Every check of a passkey, attacked once.

use crate::authenticator::{
    Key, Passkey, Said, UP_UV, added, ask, new_passkey, send, send_new, sign_in, text,
};
use crate::house::{House, PASSWORD};
use crate::person::Person;
use serde_json::json;

type Attack = (&'static str, fn(&mut Said));

/// The reasons in the audit, in their order.
async fn reasons(house: &House, action: &str) -> Vec<String> {
    let client = house.database.superuser().await;
    let sql = "SELECT coalesce(after::json ->> 'reason', '') FROM audit.entry WHERE action = $1 ORDER BY seq";
    let rows = client.query(sql, &[&action]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// What both kinds of question share.
const SHARED: [Attack; 12] = [
    ("challenge", |said| said.challenge = text(b"guessed")),
    ("challenge", |said| said.challenge.push('A')),
    ("origin", |said| said.origin.truncate(16)),
    ("origin", |said| said.origin.push('1')),
    ("origin", |said| {
        said.origin = said.origin.replace("http:", "https:");
    }),
    ("cross_origin", |said| {
        said.more = json!({ "crossOrigin": true });
    }),
    ("cross_origin", |said| {
        said.more = json!({ "topOrigin": "https://example.com" });
    }),
    ("rp_id", |said| said.party.push('s')),
    ("user_presence", |said| said.flags &= !1),
    ("user_verification", |said| said.flags &= !0b100),
    ("backup_flags", |said| said.flags |= 0b1_0000),
    ("unreadable", |said| {
        said.more = json!({ "padding": "x".repeat(4_096) });
    }),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_check_of_a_sign_in_holds() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let passkey = added(&house, &ann, Key::es256()).await;
    let own: [Attack; 10] = [
        ("type", |said| said.kind = "webauthn.create"),
        ("backup_flags", |said| said.flags |= 0b1000),
        ("signature", |said| said.breaks_signature = true),
        ("unknown", |said| said.id = vec![255; 32]),
        ("user_handle", |said| said.handle.clear()),
        ("user_handle", |said| said.handle[0] ^= 1),
        ("unreadable", |said| said.id.clear()),
        ("unreadable", |said| said.id = vec![1; 1_024]),
        ("unreadable", |said| said.handle = vec![1; 65]),
        ("unreadable", |said| said.tail = vec![0]),
    ];
    let attacks: Vec<_> = SHARED.into_iter().chain(own).collect();
    let thief = Person::new(&house);
    for (reason, change) in &attacks {
        let page = sign_in(&thief, &passkey, change).await;
        assert!(page.is(422).text.contains("role=\"alert\""), "{reason}");
        assert_eq!(thief.cookie("mvp_session"), None, "{reason}");
    }
    let expected: Vec<_> = attacks.iter().map(|it| it.0).collect();
    assert_eq!(reasons(&house, "sign_in.failed").await, expected);
    // The same, untouched, does open.
    sign_in(&thief, &passkey, |_| {}).await.is(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_signs_in_with_the_passkey_or_the_name_of_another() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let of_ann = added(&house, &ann, Key::es256()).await;
    let ben = Person::signed_up(&house, "ben@example.com").await;
    let of_ben = added(&house, &ben, Key::es256()).await;
    let thief = Person::new(&house);
    // His key under her name; her name and handle; his name with her handle.
    let attacks: [(&str, Vec<u8>, Vec<u8>); 3] = [
        ("user_handle", of_ann.id.clone(), of_ben.handle.clone()),
        ("signature", of_ann.id.clone(), of_ann.handle.clone()),
        ("user_handle", of_ben.id.clone(), of_ann.handle.clone()),
    ];
    for (_, id, handle) in &attacks {
        let refused = sign_in(&thief, &of_ben, |said| {
            said.id.clone_from(id);
            said.handle.clone_from(handle);
        })
        .await;
        refused.is(422);
    }
    let expected = attacks.map(|it| it.0);
    assert_eq!(reasons(&house, "sign_in.failed").await, expected);
    sign_in(&thief, &of_ben, |_| {}).await.is(303);
    assert!(thief.get("/account").await.text.contains("ben@example.com"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_once_in_time_by_the_browser_it_was_asked_of() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let mut passkey = added(&house, &ann, Key::es256()).await;
    let phone = Person::new(&house);
    let (page, question) = ask(&phone, "/signin").await;
    let said = passkey.say("webauthn.get", &question["challenge"]);
    let fields = passkey.signed(&said);
    // From another browser it is not even found, and stays good.
    let other = Person::new(&house);
    let (of_other, _) = ask(&other, "/signin").await;
    send(&other, &of_other, &fields).await.is(422);
    send(&phone, &page, &fields).await.is(303);
    send(&phone, &page, &fields).await.is(422);
    let (page, question) = ask(&phone, "/signin").await;
    let said = passkey.say("webauthn.get", &question["challenge"]);
    let expire = "UPDATE passkeys.challenge SET expires_at = now() - interval '1 second'";
    house.sql(expire).await;
    let late = send(&phone, &page, &passkey.signed(&said)).await;
    assert!(late.is(422).text.contains("took too long"));
    // An answer that was refused has used its question up.
    let (page, question) = ask(&phone, "/signin").await;
    let said = passkey.say("webauthn.get", &question["challenge"]);
    let mut broken = said.clone();
    broken.breaks_signature = true;
    send(&phone, &page, &passkey.signed(&broken)).await.is(422);
    send(&phone, &page, &passkey.signed(&said)).await.is(422);
    // A question for a new passkey is none for a sign-in, also not in the same browser.
    let new = new_passkey(&ann, &mut passkey).await;
    let (page, _) = ask(&ann, "/signin").await;
    let said = passkey.say("webauthn.get", &json!(new.challenge));
    send(&ann, &page, &passkey.signed(&said)).await.is(422);
    let expected = [
        "challenge",
        "challenge",
        "challenge",
        "signature",
        "challenge",
        "challenge",
    ];
    assert_eq!(reasons(&house, "sign_in.failed").await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_check_of_a_new_passkey_holds() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let known = added(&house, &ann, Key::es256()).await;
    let own: [Attack; 9] = [
        ("type", |said| said.kind = "webauthn.get"),
        // Of another kind than it says; of one that nobody asked for; none at all.
        ("public_key", |said| said.algorithm = -8),
        ("public_key", |said| said.algorithm = -37),
        ("public_key", |said| said.public_key[0] ^= 1),
        ("unreadable", |said| said.public_key = vec![0; 1_201]),
        ("unreadable", |said| said.id = vec![1; 15]),
        ("unreadable", |said| said.id = vec![1; 1_024]),
        ("unreadable", |said| said.flags = UP_UV),
        ("unreadable", |said| said.tail.clear()),
    ];
    let attacks: Vec<_> = SHARED.into_iter().chain(own).collect();
    let mut passkey = Passkey::new(&house, Key::es256());
    for (reason, change) in &attacks {
        let mut said = new_passkey(&ann, &mut passkey).await;
        change(&mut said);
        let page = send_new(&ann, &said).await;
        assert!(page.is(422).text.contains("role=\"alert\""), "{reason}");
    }
    let mut expected: Vec<_> = attacks.iter().map(|it| it.0).collect();
    // A name that somebody has: of one's own, of another's.
    let ben = Person::signed_up(&house, "ben@example.com").await;
    for person in [&ann, &ben] {
        let mut said = new_passkey(person, &mut passkey).await;
        said.id.clone_from(&known.id);
        send_new(person, &said).await.is(422);
        expected.push("taken");
    }
    // Another session's question, a late one, one that was answered.
    let said = new_passkey(&ann, &mut passkey).await;
    let phone = Person::new(&house);
    phone.sign_in("ann@example.com", PASSWORD).await.is(303);
    send_new(&phone, &said).await.is(422);
    send_new(&ann, &said).await.is(303);
    send_new(&ann, &said).await.is(422);
    let said = new_passkey(&ann, &mut passkey).await;
    let expire = "UPDATE passkeys.challenge SET expires_at = now() - interval '1 second'";
    house.sql(expire).await;
    send_new(&ann, &said).await.is(422);
    expected.extend(["challenge", "challenge", "challenge"]);
    assert_eq!(reasons(&house, "passkey.refused").await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_that_does_not_go_on_is_a_copy() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let passkey = added(&house, &ann, Key::es256()).await;
    // Who never counts says zero each time; who has begun to count goes on.
    for (counter, status) in [
        (0, 303),
        (0, 303),
        (7, 303),
        (8, 303),
        (8, 422),
        (3, 422),
        (0, 422),
        (u32::MAX, 303),
    ] {
        let phone = Person::new(&house);
        let page = sign_in(&phone, &passkey, |said| said.counter = counter).await;
        assert_eq!(page.status, status, "{counter}");
        assert_eq!(page.text.contains("may be a copy"), status == 422);
    }
    let reasons = reasons(&house, "sign_in.failed").await;
    assert_eq!(reasons, ["counter", "counter", "counter"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_copies_at_once_do_not_both_get_in() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let passkey = added(&house, &ann, Key::es256()).await;
    let (one, other) = (Person::new(&house), Person::new(&house));
    let count = |said: &mut Said| said.counter = 5;
    let (first, second) = tokio::join!(
        sign_in(&one, &passkey, count),
        sign_in(&other, &passkey, count)
    );
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_sign_in_may_not_with_a_passkey_and_guesses_are_counted() {
    let house = House::with(&[("LIMITS__ADDRESS", "6"), ("LIMITS__ACCOUNT", "2")]).await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let passkey = added(&house, &ann, Key::es256()).await;
    let phone = Person::at(&house, "198.51.100.7");
    let set = async |column: &str| {
        let sql = format!("UPDATE accounts.account SET {column}");
        house.sql(&sql).await;
    };
    set("disabled_at = now()").await;
    let refused = sign_in(&phone, &passkey, |_| {}).await;
    assert!(refused.is(403).text.contains("disabled"));
    assert_eq!(phone.cookie("mvp_session"), None);
    set("disabled_at = NULL").await;
    // Whoever guesses at the password keeps its owner out with the password alone.
    for status in [422, 422, 429] {
        let page = phone.sign_in("ann@example.com", "wrong wrong wrong").await;
        page.is(status);
    }
    sign_in(&phone, &passkey, |_| {}).await.is(303);
    let broken = |said: &mut Said| said.breaks_signature = true;
    sign_in(&phone, &passkey, broken).await.is(422);
    let closed = sign_in(&phone, &passkey, |_| {}).await;
    assert!(closed.is(429).headers.contains_key("retry-after"));
    let elsewhere = Person::at(&house, "198.51.100.8");
    sign_in(&elsewhere, &passkey, |_| {}).await.is(303);
    assert!(
        house
            .audited()
            .await
            .contains(&"sign_in.refused".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_not_confirmed_is_to_be_confirmed_first() {
    let mut house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let passkey = added(&house, &ann, Key::es256()).await;
    // On its way before the service stops.
    house.postbox.wait_for("ann@example.com", 0).await;
    house.set("ACCOUNTS__VERIFY_EMAIL", "true");
    house.restart().await;
    let phone = Person::new(&house);
    let refused = sign_in(&phone, &passkey, |_| {}).await;
    assert!(refused.is(403).text.contains("must be confirmed"));
    let link = house.link_for("ann@example.com", 1).await;
    let page = phone.get(&link).await;
    phone.submit(&page, "/confirm", &[]).await.is(200);
    sign_in(&phone, &passkey, |_| {}).await.is(303);
}
