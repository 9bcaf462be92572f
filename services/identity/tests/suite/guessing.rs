//! Against whoever guesses: limits, one answer, forms of our own only.

use crate::house::{House, PASSWORD};
use crate::person::Person;

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_closed_after_too_many_attempts_known_or_not() {
    let house = House::with(&[("LIMITS__ACCOUNT", "3")]).await;
    Person::signed_up(&house, "ann@example.com").await;
    let mut bodies = Vec::new();
    for email in ["ann@example.com", "nobody@example.com"] {
        for nth in 0..3 {
            let person = Person::at(&house, &format!("192.0.2.{nth}"));
            let page = person.sign_in(email, "wrong wrong wrong").await;
            bodies.push((page.is(422).text.replace(email, "…"), 422));
        }
        // Also the right one, from wherever.
        let person = Person::at(&house, "198.51.100.7");
        let page = person.sign_in(email, PASSWORD).await;
        let wait: u32 = page.headers["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=900).contains(&wait), "{wait}");
        bodies.push((page.is(429).text.replace(email, "…"), 429));
    }
    let plain: Vec<_> = bodies
        .iter()
        .map(|(text, status)| (without_csrf(text), *status))
        .collect();
    assert_eq!(plain[..4], plain[4..]);
    let audited = house.audited().await;
    assert_eq!(
        audited.iter().filter(|it| *it == "sign_in.failed").count(),
        6
    );
    assert_eq!(
        audited.iter().filter(|it| *it == "limit.reached").count(),
        2
    );
    house.print(&["users", "unlock", "ann@example.com"]);
    Person::new(&house)
        .sign_in("ann@example.com", PASSWORD)
        .await
        .is(303);
}

/// The page without the values that are every browser's own.
fn without_csrf(text: &str) -> String {
    let mut parts = text.split("name=\"csrf\" value=\"");
    let first = parts.next().unwrap().to_owned();
    let rest: Vec<_> = parts.map(|it| it.split_once('"').unwrap().1).collect();
    assert!(!rest.is_empty());
    first + &rest.concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_at_the_same_time_do_not_pass_together() {
    let house = House::with(&[("LIMITS__ACCOUNT", "3")]).await;
    Person::signed_up(&house, "ann@example.com").await;
    let people: Vec<_> = (0..8)
        .map(|nth| Person::at(&house, &format!("192.0.2.{nth}")))
        .collect();
    let tries = people
        .iter()
        .map(|person| person.sign_in("ann@example.com", "wrong wrong wrong"));
    let mut answers = Vec::new();
    for page in futures(tries).await {
        answers.push(page.status.as_u16());
    }
    assert_eq!(
        answers.iter().filter(|it| **it == 422).count(),
        3,
        "{answers:?}"
    );
    assert_eq!(
        answers.iter().filter(|it| **it == 429).count(),
        5,
        "{answers:?}"
    );
}

/// All at once.
async fn futures<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<_> = all.map(|it| (Box::pin(it), None)).collect();
    std::future::poll_fn(|context| {
        let mut is_done = true;
        for (future, slot) in &mut waiting {
            if slot.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *slot = Some(value),
                    std::task::Poll::Pending => is_done = false,
                }
            }
        }
        if is_done {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    waiting.into_iter().map(|(_, slot)| slot.unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_closed_after_too_many_attempts_at_any_account() {
    let house = House::with(&[("LIMITS__ADDRESS", "3"), ("LIMITS__MAIL_ADDRESS", "2")]).await;
    let guesser = Person::at(&house, "2001:db8::1");
    for nth in 0..3 {
        guesser
            .sign_in(&format!("u{nth}@example.com"), PASSWORD)
            .await
            .is(422);
    }
    // The same network, by its /64.
    let neighbour = Person::at(&house, "2001:db8::2");
    let page = neighbour.sign_in("u9@example.com", PASSWORD).await;
    assert!(page.is(429).headers.contains_key("retry-after"));
    neighbour.sign_in("u9@example.com", PASSWORD).await.is(429);
    // Once a window, however often it is tried on.
    assert_eq!(house.times("limit.reached").await, 1);
    Person::at(&house, "2001:db8:0:1::2")
        .sign_in("u9@example.com", PASSWORD)
        .await
        .is(422);
    for status in [200, 200, 429] {
        let page = guesser.get("/forgot").await;
        guesser
            .submit(&page, "/forgot", &[("email", "u@example.com")])
            .await
            .is(status);
    }
    assert_eq!(house.times("limit.reached").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_guesses_at_a_password_in_an_open_session_is_written_down() {
    let house = House::with(&[("LIMITS__ACCOUNT", "5")]).await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let page = ann.get("/account").await;
    let wrong = ("password", "wrong wrong wrong");
    for (path, more, status) in [
        ("/account/password", Some(("new_password", PASSWORD)), 422),
        ("/account/email", Some(("email", "b@example.com")), 422),
        ("/account/delete", None, 422),
        ("/account/delete", None, 422),
        ("/account/delete", None, 422),
        ("/account/delete", None, 429),
        ("/account/delete", None, 429),
    ] {
        let fields: Vec<_> = [Some(wrong), more].into_iter().flatten().collect();
        ann.submit(&page, path, &fields).await.is(status);
    }
    let client = house.database.superuser().await;
    let sql = "SELECT e.action FROM audit.entry e JOIN accounts.account a ON a.id::text = e.subject WHERE e.action IN ('password.wrong', 'limit.reached') ORDER BY e.seq";
    let rows = client.query(sql, &[]).await.unwrap();
    let actions: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let mut expected = vec!["password.wrong"; 5];
    expected.push("limit.reached");
    assert_eq!(actions, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_address_take_the_same_time() {
    let house = House::with(&[("LIMITS__ACCOUNT", "1000"), ("LIMITS__ADDRESS", "1000")]).await;
    Person::signed_up(&house, "ann@example.com").await;
    let person = Person::new(&house);
    let page = person.get("/signin").await;
    let mut ratios = Vec::new();
    // Of two that follow each other the machine disturbs both, or one of few: the middle of many ratios says what it is without.
    for round in 0..60 {
        let mut taken = [0.0; 2];
        for (at, email) in ["ann@example.com", "nobody@example.com"].iter().enumerate() {
            let begun = std::time::Instant::now();
            let fields = [("email", *email), ("password", "wrong wrong wrong")];
            person.submit(&page, "/signin", &fields).await.is(422);
            taken[at] = begun.elapsed().as_secs_f64();
        }
        ratios.push(taken[0] / taken[1]);
        ratios.sort_by(f64::total_cmp);
        if round > 4 && (0.8..1.25).contains(&ratios[ratios.len() / 2]) {
            return;
        }
    }
    // Without the hash one would take a tenth of the other.
    panic!("{ratios:?}");
}

/// Every form, with fields that it would take.
const FORMS: [(&str, &str); 22] = [
    ("/signin", "email=a@x&password=p"),
    ("/signup", "name=n&email=a@x&new_password=three+brown+foxes"),
    ("/forgot", "email=a@x"),
    ("/reset", "token=t&new_password=three+brown+foxes"),
    ("/confirm", "token=t"),
    ("/account/profile", "name=n"),
    (
        "/account/password",
        "password=three+brown+foxes&new_password=three+brown+foxes",
    ),
    ("/account/delete", "password=three+brown+foxes"),
    (
        "/account/second-factor",
        "password=three+brown+foxes&code=123456",
    ),
    (
        "/account/email",
        "password=three+brown+foxes&email=a@x.example",
    ),
    ("/account/second-factor/off", "password=three+brown+foxes"),
    (
        "/account/sessions/revoke",
        "session=00000000-0000-7000-8000-000000000000",
    ),
    ("/signin/code", "code=123456"),
    ("/signin/password", "new_password=three+brown+foxes"),
    ("/signin/passkey/question", ""),
    (
        "/signin/passkey",
        "id=x&user_handle=x&client_data=x&authenticator_data=x&signature=x",
    ),
    (
        "/account/passkeys/question",
        "name=n&password=three+brown+foxes",
    ),
    (
        "/account/passkeys",
        "name=n&client_data=x&authenticator_data=x&algorithm=-7&public_key=x",
    ),
    (
        "/account/passkeys/rename",
        "name=n&passkey=00000000-0000-7000-8000-000000000000",
    ),
    (
        "/account/passkeys/remove",
        "password=three+brown+foxes&passkey=00000000-0000-7000-8000-000000000000",
    ),
    ("/signout", ""),
    ("/logout/confirm", ""),
];

#[tokio::test(flavor = "multi_thread")]
async fn forms_from_elsewhere_are_refused() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let other = Person::new(&house);
    let foreign = other.get("/signin").await.hidden("/signin")[0].1.clone();
    for csrf in ["", "x", foreign.as_str()] {
        for (path, fields) in FORMS {
            let fields = format!("http://x/?{fields}&csrf={csrf}");
            let fields = reqwest::Url::parse(&fields).unwrap();
            let fields: Vec<_> = fields.query_pairs().into_owned().collect();
            let fields: Vec<_> = fields.iter().map(|(k, v)| (&**k, &**v)).collect();
            let fields: Vec<_> = fields.into_iter().filter(|it| !it.0.is_empty()).collect();
            ann.post(path, &fields).await.is(403);
        }
    }
    ann.get("/account").await.is(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_tells_browsers_what_they_may_do() {
    let house = House::new().await;
    let person = Person::new(&house);
    for path in ["/signin", "/style.css", "/jwks", "/authorize", "/token"] {
        let page = person.get(path).await;
        let header = |name: &str| page.headers[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert!(
            policy.contains("form-action 'self' http://localhost:5173"),
            "{policy}"
        );
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert!(header("permissions-policy").contains("camera=()"));
    }
    let page = person.get("/signin").await;
    assert_eq!(page.headers["cache-control"], "no-store");
    assert!(!page.text.contains("style="));
}
