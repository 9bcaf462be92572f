//! Signing in with passkeys, and looking after them.

use crate::authenticator::{
    Key, Passkey, added, ask, ask_for_new, bytes, new_passkey, send, sign_in, text,
};
use crate::client::{answer, claims, question, redeem};
use crate::house::{House, PASSWORD};
use crate::person::Person;
use crate::second_factor::turned_on;
use reqwest::header::IF_NONE_MATCH;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_of_any_kind_leads_to_tokens_without_password_and_code() {
    let house = House::new().await;
    for (nth, key) in [Key::es256(), Key::eddsa(), Key::rs256()]
        .into_iter()
        .enumerate()
    {
        let email = format!("ann{nth}@example.com");
        let ann = Person::signed_up(&house, &email).await;
        turned_on(&ann).await;
        let passkey = added(&house, &ann, key).await;
        let mail = house.postbox.wait_for(&email, 0).await;
        assert!(mail.text.contains("My phone"), "{}", mail.text);
        let phone = Person::new(&house);
        let wait = phone.get(&question(&[])).await;
        let path = wait.is(303).location().to_owned();
        let (page, asked) = ask(&phone, &path).await;
        assert_eq!(
            (&asked["rpId"], &asked["userVerification"]),
            (&json!("localhost"), &json!("required"))
        );
        // Nobody is told who has which passkeys.
        assert!(asked.get("allowCredentials").is_none());
        let said = passkey.say("webauthn.get", &asked["challenge"]);
        let done = send(&phone, &page, &passkey.signed(&said)).await;
        let back = phone.get(done.is(303).location()).await;
        let (status, tokens) = redeem(&house, &answer(&back)["code"]).await;
        assert_eq!(status, 200, "{tokens}");
        let id = claims(tokens["id_token"].as_str().unwrap());
        assert_eq!(id["amr"], json!(["pop", "user", "mfa"]));
        assert_eq!(id["email"], email.as_str());
        assert!(id["auth_time"].is_i64());
        assert_eq!(phone.get("/account").await.is(200).status, 200);
    }
    let audited = house.audited().await;
    let count = |action: &str| audited.iter().filter(|it| *it == action).count();
    assert_eq!((count("passkey.added"), count("sign_in.failed")), (3, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_renews_the_session_of_its_owner_and_ends_that_of_another() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let passkey = added(&house, &ann, Key::es256()).await;
    let before = ann.cookie("mvp_session").unwrap();
    sign_in(&ann, &passkey, |_| {}).await.is(303);
    let thief = Person::new(&house);
    thief.set_cookie("mvp_session", &before);
    thief.get("/account").await.is(303);
    let ben = Person::signed_up(&house, "ben@example.com").await;
    let before = ben.cookie("mvp_session").unwrap();
    sign_in(&ben, &passkey, |_| {}).await.is(303);
    assert!(ben.get("/account").await.text.contains("ann@example.com"));
    thief.set_cookie("mvp_session", &before);
    thief.get("/account").await.is(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn passkeys_are_named_listed_and_removed_with_the_password() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let passkey = added(&house, &ann, Key::es256()).await;
    let page = ann.get("/account/passkeys").await;
    assert!(page.is(200).text.contains("My phone") && page.text.contains("never used"));
    sign_in(&Person::new(&house), &passkey, |_| {})
        .await
        .is(303);
    // Somebody else's is not there.
    let which = page.hidden("/account/passkeys/remove")[1].1.clone();
    let ben = Person::signed_up(&house, "ben@example.com").await;
    let csrf = ben.get("/account").await.hidden("/signout")[0].1.clone();
    let mut fields = vec![("csrf", csrf.as_str()), ("passkey", which.as_str())];
    fields.push(("name", "Mine"));
    ben.post("/account/passkeys/rename", &fields).await.is(404);
    fields[2] = ("password", PASSWORD);
    ben.post("/account/passkeys/remove", &fields).await.is(404);
    for (name, status) in [("", 422), ("a\u{7}b", 422), (" <b>Old phone</b> ", 303)] {
        let fields = [("name", name)];
        ann.submit(&page, "/account/passkeys/rename", &fields)
            .await
            .is(status);
    }
    let page = ann.get("/account/passkeys").await;
    assert!(page.text.contains("&lt;b&gt;Old phone&lt;/b&gt;") && page.text.contains("last used"));
    for (password, status) in [("wrong wrong wrong", 422), (PASSWORD, 303)] {
        let fields = [("password", password)];
        ann.submit(&page, "/account/passkeys/remove", &fields)
            .await
            .is(status);
    }
    let mail = house.postbox.wait_for("ann@example.com", 1).await;
    assert!(mail.text.contains("does not sign in"), "{}", mail.text);
    let refused = sign_in(&Person::new(&house), &passkey, |_| {}).await;
    assert!(refused.is(422).text.contains("not known here any more"));
    let audited = house.audited().await;
    for action in ["passkey.added", "passkey.renamed", "passkey.removed"] {
        let count = audited.iter().filter(|it| *it == action).count();
        assert_eq!(count, 1, "{action} in {audited:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_passkey_takes_the_password_and_there_is_an_end_to_them() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let refused = ask_for_new(&ann, "wrong wrong wrong").await;
    assert!(refused.is(403).text.contains("The password is not right."));
    let asked = ask_for_new(&ann, PASSWORD).await;
    let asked: Value = serde_json::from_str(&asked.is(200).text).unwrap();
    let selection = &asked["authenticatorSelection"];
    assert_eq!(selection["residentKey"], "required");
    assert_eq!(selection["userVerification"], "required");
    assert_eq!(asked["attestation"], "none");
    // A handle says nothing of its owner.
    let handle = bytes(&asked["user"]["id"]);
    assert!((32..=64).contains(&handle.len()));
    let first = added(&house, &ann, Key::es256()).await;
    assert_eq!(first.handle, handle);
    let again = ask_for_new(&ann, PASSWORD).await;
    let again: Value = serde_json::from_str(&again.is(200).text).unwrap();
    let known = json!([{ "type": "public-key", "id": text(&first.id) }]);
    assert_eq!(again["excludeCredentials"], known);
    let mut late = Passkey::new(&house, Key::es256());
    let said = new_passkey(&ann, &mut late).await;
    let page = ann.get("/account/passkeys").await;
    for _ in 1..20 {
        added(&house, &ann, Key::es256()).await;
    }
    // Asked for while there was room.
    let fields = said.made();
    let fields: Vec<_> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let full = ann.submit(&page, "/account/passkeys", &fields).await;
    assert!(full.is(422).text.contains("no more than 20"));
    let ben = Person::signed_up(&house, "ben@example.com").await;
    let asked = ask_for_new(&ben, PASSWORD).await;
    let asked: Value = serde_json::from_str(&asked.is(200).text).unwrap();
    assert_ne!(bytes(&asked["user"]["id"]), handle);
    assert_eq!(asked["excludeCredentials"], json!([]));
    let full = ask_for_new_of_full(&ann).await;
    assert!(full.contains("no more than 20"), "{full}");
}

/// The page has no form any more: what the script would be told.
async fn ask_for_new_of_full(person: &Person) -> String {
    let page = person.get("/account/passkeys").await;
    assert!(page.is(200).text.contains("There can be no more."));
    let csrf = page.hidden("/account/passkeys/rename")[0].1.clone();
    let fields = [
        ("csrf", csrf.as_str()),
        ("name", "x"),
        ("password", PASSWORD),
    ];
    let asked = person.post("/account/passkeys/question", &fields).await;
    asked.is(403).text.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn passkeys_outlive_a_password_but_neither_the_account_nor_the_operators_reset() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let passkey = added(&house, &ann, Key::es256()).await;
    let page = ann.get("/account").await;
    let fields = [("password", PASSWORD), ("new_password", "four green foxes")];
    ann.submit(&page, "/account/password", &fields)
        .await
        .is(200);
    sign_in(&Person::new(&house), &passkey, |_| {})
        .await
        .is(303);
    // A one-time password waits until somebody signs in with it: here it was not needed.
    house.print(&["users", "one-time-password", "ann@example.com"]);
    let phone = Person::new(&house);
    let done = sign_in(&phone, &passkey, |_| {}).await;
    assert_eq!(done.is(303).location(), "/auth/account");
    house.print(&["users", "reset-second-factor", "ann@example.com"]);
    sign_in(&Person::new(&house), &passkey, |_| {})
        .await
        .is(422);
    let mail = house.postbox.wait_for("ann@example.com", 1).await;
    assert!(mail.text.contains("None of your passkeys"), "{}", mail.text);
    let ben = Person::signed_up(&house, "ben@example.com").await;
    let passkey = added(&house, &ben, Key::es256()).await;
    let page = ben.get("/account").await;
    ben.submit(&page, "/account/delete", &[("password", PASSWORD)])
        .await
        .is(200);
    sign_in(&Person::new(&house), &passkey, |_| {})
        .await
        .is(422);
    let client = house.database.superuser().await;
    let left = "SELECT count(*) FROM passkeys.owner JOIN passkeys.passkey USING (account_id)";
    let left: i64 = client.query_one(left, &[]).await.unwrap().get(0);
    assert_eq!(left, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_script_is_ours_alone_and_only_where_it_is_needed() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    for (path, needs_it) in [
        ("/signin", true),
        ("/account/passkeys", true),
        ("/account", false),
        ("/signup", false),
        ("/forgot", false),
    ] {
        let page = ann.get(path).await;
        let policy = page.is(200).headers["content-security-policy"]
            .to_str()
            .unwrap();
        let allows = policy.contains("script-src 'self'; connect-src 'self';");
        assert_eq!(allows, needs_it, "{path}: {policy}");
        assert_eq!(policy.contains("script-src"), needs_it, "{path}");
        assert!(!policy.contains("unsafe"), "{policy}");
        let scripts: Vec<_> = page.text.split("<script").skip(1).collect();
        assert_eq!(scripts.len(), usize::from(needs_it), "{path}");
        for script in scripts {
            assert!(script.starts_with(r#" src="/auth/passkeys.js" defer></script>"#));
        }
    }
    let script = ann.get("/passkeys.js").await;
    assert_eq!(
        script.headers["content-type"],
        "text/javascript; charset=utf-8"
    );
    assert_eq!(script.headers["cache-control"], "no-cache");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let tag = script.headers["etag"].to_str().unwrap().to_owned();
    for (sent, status) in [
        (tag.clone(), 304),
        (format!("W/{tag}"), 304),
        ("\"x\"".to_owned(), 200),
    ] {
        let url = format!("{}/passkeys.js", house.url);
        let answer = client.get(url).header(IF_NONE_MATCH, sent).send().await;
        assert_eq!(answer.unwrap().status(), status);
    }
}
