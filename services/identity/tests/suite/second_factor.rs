//! Codes of an authenticator app, and recovery codes.

use crate::client::{claims, tokens};
use crate::house::{House, PASSWORD};
use crate::person::{Page, Person};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

/// The secret that a page shows.
fn secret_of(page: &Page) -> String {
    let rest = page.is(200).text.split_once("<code>").unwrap().1;
    rest.split('<').next().unwrap().to_owned()
}

/// The code of a step near now, by an independent program: Python's standard library.
fn code(secret: &str, step: i64) -> String {
    const SCRIPT: &str = "
import base64, hmac, struct, sys
secret, step = sys.argv[1], int(sys.argv[2])
key = base64.b32decode(secret + '=' * (-len(secret) % 8))
tag = hmac.new(key, struct.pack('>q', step), 'sha1').digest()
at = tag[-1] & 15
print('%06d' % ((struct.unpack('>I', tag[at:at + 4])[0] & 0x7fffffff) % 1000000))";
    let step = (now() / 30 + step).to_string();
    let output = Command::new("python3")
        .args(["-c", SCRIPT, secret, &step])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// Turns it on with the present code; gives secret and recovery codes. The next code is that of the next step, which counts
/// already.
pub(crate) async fn turned_on(ann: &Person) -> (String, Vec<String>) {
    let page = ann.get("/account/second-factor").await;
    let secret = secret_of(&page);
    let code = code(&secret, 0);
    // Neither alone is enough.
    for (password, code) in [(PASSWORD, "000000"), ("not the password", code.as_str())] {
        let fields = [("password", password), ("code", code)];
        let refused = ann.submit(&page, "/account/second-factor", &fields).await;
        refused.is(422);
    }
    let fields = [("password", PASSWORD), ("code", &code)];
    let done = ann.submit(&page, "/account/second-factor", &fields).await;
    let items = done.is(200).text.split("<li>").skip(1);
    let codes: Vec<_> = items
        .map(|it| it.split('<').next().unwrap().to_owned())
        .collect();
    assert_eq!(codes.len(), 10);
    (secret, codes)
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_second_factor_the_password_alone_opens_nothing() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let (secret, recovery) = turned_on(&ann).await;
    let phone = Person::new(&house);
    let step = phone.sign_in("ann@example.com", PASSWORD).await;
    assert_eq!(step.is(303).location(), "/auth/signin/code");
    phone.get("/account").await.is(303);
    // The step of a one-time password cannot be gone to instead.
    phone.get("/signin/password").await.is(303);
    let page = phone.get("/signin/code").await;
    // The digits' field brings up a keypad without letters; recovery codes, which have some, have a field of their own.
    let (digits, recovery_field) = page.text.split_once("<details>").unwrap();
    let autofill = "autocomplete=\"one-time-code\"";
    assert!(digits.contains("inputmode=\"numeric\"") && digits.contains(autofill));
    assert!(recovery_field.contains("name=\"code\"") && !recovery_field.contains("inputmode"));
    phone
        .submit(&page, "/signin/code", &[("code", "000000")])
        .await
        .is(422);
    let right = code(&secret, 1);
    phone
        .submit(&page, "/signin/code", &[("code", &right)])
        .await
        .is(303);
    phone.get("/account").await.is(200);
    let id = claims(tokens(&house, &phone).await["id_token"].as_str().unwrap());
    assert_eq!(id["amr"], serde_json::json!(["pwd", "otp", "mfa"]));
    // A code that was seen over a shoulder is used up; a recovery code is good once, however it is typed.
    let typed = format!("{}-{}", &recovery[0][..6], &recovery[0][6..]).to_uppercase();
    for (code, status) in [(&right, 422), (&typed, 303)] {
        let other = Person::new(&house);
        other.sign_in("ann@example.com", PASSWORD).await.is(303);
        let page = other.get("/signin/code").await;
        other
            .submit(&page, "/signin/code", &[("code", code)])
            .await
            .is(status);
    }
    let other = Person::new(&house);
    other.sign_in("ann@example.com", PASSWORD).await.is(303);
    let page = other.get("/signin/code").await;
    other
        .submit(&page, "/signin/code", &[("code", &recovery[0])])
        .await
        .is(422);
    let audited = house.audited().await;
    assert!(
        audited.contains(&"recovery_code.used".to_owned()),
        "{audited:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_limited_and_the_factor_is_turned_off_with_the_password() {
    let house = House::with(&[("LIMITS__CODE", "3")]).await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let (secret, _) = turned_on(&ann).await;
    let phone = Person::new(&house);
    phone.sign_in("ann@example.com", PASSWORD).await.is(303);
    let page = phone.get("/signin/code").await;
    for status in [422, 422, 422, 429] {
        phone
            .submit(&page, "/signin/code", &[("code", "000000")])
            .await
            .is(status);
    }
    let right = code(&secret, 1);
    phone
        .submit(&page, "/signin/code", &[("code", &right)])
        .await
        .is(429);
    assert_eq!(house.times("limit.reached").await, 1);
    let page = ann.get("/account").await;
    let off = async |password| {
        ann.submit(
            &page,
            "/account/second-factor/off",
            &[("password", password)],
        )
        .await
    };
    let wrong = house.times("password.wrong").await;
    off("wrong wrong wrong").await.is(403);
    assert_eq!(house.times("password.wrong").await, wrong + 1);
    off(PASSWORD).await.is(303);
    let fresh = Person::new(&house);
    let done = fresh.sign_in("ann@example.com", PASSWORD).await;
    assert_eq!(done.is(303).location(), "/auth/account");
}
