//! The authorization code flow by plain HTTP, and every way to be refused.

use crate::client::{VERIFIER, answer, bearer, claims, code, part, post, question, redeem, tokens};
use crate::house::{AFTER_LOGOUT, AUDIENCE, CALLBACK, CLIENT, House, PASSWORD};
use crate::person::Person;
use access::{TokenError, TokenSettings, TokenVerifier};

fn verifier(house: &House) -> TokenVerifier {
    let settings: TokenSettings = serde_json::from_value(serde_json::json!({
        "issuer": house.url, "audience": AUDIENCE,
    }))
    .unwrap();
    settings.validate().unwrap();
    TokenVerifier::new(&settings)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_gets_tokens_for_whoever_signs_in() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    ann.post("/signout", &[]).await;
    let ann = Person::new(&house);
    let asked = ann
        .get(&question(&[("login_hint", "ann@example.com")]))
        .await;
    assert!(asked.is(303).location().starts_with("/auth/signin?flow="));
    let page = ann.get(asked.location()).await;
    assert!(
        page.text.contains("value=\"ann@example.com\""),
        "{}",
        page.text
    );
    let fields = [("email", "ann@example.com"), ("password", PASSWORD)];
    let done = ann.submit(&page, "/signin", &fields).await;
    let back = ann.get(done.is(303).location()).await;
    let got = answer(&back);
    assert_eq!((got["state"].as_str(), &got["iss"]), ("st&te", &house.url));
    let (status, tokens) = redeem(&house, &got["code"]).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(
        (&tokens["token_type"], &tokens["expires_in"]),
        (&"Bearer".into(), &600.into())
    );
    let access = tokens["access_token"].as_str().unwrap();
    let caller = verifier(&house).verify(access).await.unwrap();
    assert!(caller.scopes.contains(&"email".to_owned()));
    let said = claims(access);
    assert_eq!(said["roles"], serde_json::json!(["user"]));
    assert_eq!(said["client_id"], CLIENT);
    assert_eq!(said["sub"], *caller.subject);
    assert_eq!(
        said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(),
        600
    );
    assert_eq!(part(access, 0)["typ"], "at+jwt");
    let id = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(
        (&id["aud"], &id["nonce"]),
        (&CLIENT.into(), &"n-0S6_WzA2Mj".into())
    );
    assert_eq!(
        (&id["email"], &id["name"]),
        (&"ann@example.com".into(), &"Ann".into())
    );
    assert!(id["auth_time"].as_i64().unwrap() <= id["iat"].as_i64().unwrap());
    assert_eq!(id["at_hash"].as_str().unwrap().len(), 22);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_is_good_for_userinfo_and_an_id_token_for_nothing() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let tokens = tokens(&house, &ann).await;
    let access = tokens["access_token"].as_str().unwrap();
    let id = claims(tokens["id_token"].as_str().unwrap());
    // An ID token is no access token.
    let wrong = verifier(&house)
        .verify(tokens["id_token"].as_str().unwrap())
        .await;
    assert_eq!(wrong.unwrap_err(), TokenError::Invalid);
    let (status, info) = bearer(&house, "/userinfo", access).await;
    assert_eq!(
        (status, &info["sub"], &info["email"]),
        (200, &id["sub"], &id["email"])
    );
    for bad in [
        "x.y.z",
        tokens["id_token"].as_str().unwrap(),
        &format!("{access}x"),
    ] {
        assert_eq!(bearer(&house, "/userinfo", bad).await.0, 401, "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_may_not_be_answered_stays_on_a_page_of_ours() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    for more in [
        [("client_id", "nobody")],
        [("client_id", "")],
        [("redirect_uri", "https://evil.example/")],
        [("redirect_uri", "http://localhost:5173/callback/")],
        [("redirect_uri", "http://localhost:5173/callback?x=1")],
        [("redirect_uri", "http://localhost:5174/callback")],
    ] {
        let page = ann.get(&question(&more)).await;
        page.is(400);
        assert!(page.headers.get("location").is_none(), "{more:?}");
    }
    let twice = format!("{}&client_id=web", question(&[]));
    ann.get(&twice).await.is(400);
    for (more, error) in [
        ([("response_type", "token")], "unsupported_response_type"),
        ([("code_challenge", "")], "invalid_request"),
        ([("code_challenge_method", "plain")], "invalid_request"),
        ([("scope", "profile")], "invalid_scope"),
        ([("request", "x")], "request_not_supported"),
        ([("prompt", "none login")], "invalid_request"),
    ] {
        let got = answer(&ann.get(&question(&more)).await);
        assert_eq!(got["error"], error, "{more:?}");
        assert_eq!((got["state"].as_str(), &got["iss"]), ("st&te", &house.url));
        assert!(!got.contains_key("code"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_once_for_its_client_address_and_verifier() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let code_of_ann = code(&ann, &[]).await;
    let good = [
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT),
        ("redirect_uri", CALLBACK),
        ("code", code_of_ann.as_str()),
        ("code_verifier", VERIFIER),
    ];
    for (name, value, error) in [
        ("client_id", "other", "invalid_grant"),
        ("client_id", "nobody", "invalid_client"),
        (
            "redirect_uri",
            "http://localhost:5174/callback",
            "invalid_grant",
        ),
        ("redirect_uri", "", "invalid_grant"),
        ("code", "nonsense", "invalid_grant"),
        ("code", "", "invalid_request"),
        (
            "code_verifier",
            "aBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
            "invalid_grant",
        ),
        ("code_verifier", "short", "invalid_grant"),
        ("code_verifier", "", "invalid_request"),
        ("grant_type", "password", "unsupported_grant_type"),
        ("grant_type", "", "invalid_request"),
    ] {
        let mut form = good;
        let field = form.iter_mut().find(|(it, _)| *it == name).unwrap();
        field.1 = value;
        let (status, refused) = post(&house, "/token", &form).await;
        assert_eq!(
            (status, &refused["error"]),
            (400, &error.into()),
            "{name}={value}"
        );
    }
    let (status, tokens) = post(&house, "/token", &good).await;
    assert_eq!(status, 200, "{tokens}");
    let (status, refused) = post(&house, "/token", &good).await;
    assert_eq!((status, &refused["error"]), (400, &"invalid_grant".into()));
    assert!(house.audited().await.contains(&"code.reused".to_owned()));
    let given = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(crate::client::refresh(&house, given).await.0, 400);
    let late = code(&ann, &[]).await;
    house
        .sql("UPDATE oidc.code SET expires_at = now() - interval '1 second'")
        .await;
    assert_eq!(redeem(&house, &late).await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_answers_without_the_person_unless_more_is_asked_for() {
    let house = House::new().await;
    let nobody = Person::new(&house);
    let got = answer(&nobody.get(&question(&[("prompt", "none")])).await);
    assert_eq!(got["error"], "login_required");
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let tokens = tokens(&house, &ann).await;
    assert!(answer(&ann.get(&question(&[("prompt", "none")])).await).contains_key("code"));
    let hint = tokens["id_token"].as_str().unwrap();
    let with_hint = [("prompt", "none"), ("id_token_hint", hint)];
    assert!(answer(&ann.get(&question(&with_hint)).await).contains_key("code"));
    let ben = Person::signed_up(&house, "ben@example.com").await;
    assert_eq!(
        answer(&ben.get(&question(&with_hint)).await)["error"],
        "login_required"
    );
    house
        .sql("UPDATE sessions.session SET auth_time = auth_time - interval '1 hour'")
        .await;
    let aged = [("prompt", "none"), ("max_age", "60")];
    assert_eq!(
        answer(&ann.get(&question(&aged)).await)["error"],
        "login_required"
    );
    for more in [[("max_age", "60")], [("prompt", "login")]] {
        let asked = ann.get(&question(&more)).await;
        let flow = asked
            .is(303)
            .location()
            .split_once("flow=")
            .unwrap()
            .1
            .to_owned();
        // The old session does not answer it, whatever page is opened.
        let again = ann.get(&format!("/authorize/continue?flow={flow}")).await;
        assert!(again.is(303).location().starts_with("/auth/signin?flow="));
        let page = ann.get(again.location()).await;
        let fields = [("email", "ann@example.com"), ("password", PASSWORD)];
        let done = ann.submit(&page, "/signin", &fields).await;
        let back = ann.get(done.is(303).location()).await;
        assert!(answer(&back).contains_key("code"));
        // A flow is good once.
        ann.get(&format!("/authorize/continue?flow={flow}"))
            .await
            .is(400);
        house
            .sql("UPDATE sessions.session SET auth_time = auth_time - interval '1 hour'")
            .await;
    }
    let create = ann.get(&question(&[("prompt", "create")])).await;
    assert!(create.is(303).location().starts_with("/auth/signup?flow="));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hint_says_whose_code_it_may_be_whoever_signs_in() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let tokens = tokens(&house, &ann).await;
    let hint = tokens["id_token"].as_str().unwrap();
    Person::signed_up(&house, "ben@example.com").await;
    let with_hint = [("id_token_hint", hint), ("login_hint", "ann@example.com")];
    for (email, key) in [("ben@example.com", "error"), ("ann@example.com", "code")] {
        let phone = Person::new(&house);
        let asked = phone.get(&question(&with_hint)).await;
        let page = phone.get(asked.is(303).location()).await;
        let fields = [("email", email), ("password", PASSWORD)];
        let done = phone.submit(&page, "/signin", &fields).await;
        let back = phone.get(done.is(303).location()).await;
        let got = answer(&back);
        assert!(got.contains_key(key), "{email}: {got:?}");
        assert_eq!((got["state"].as_str(), &got["iss"]), ("st&te", &house.url));
        assert!(got.get("error").is_none_or(|it| it == "login_required"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_takes_a_token_of_the_session_or_the_persons_word() {
    let house = House::new().await;
    let ann = Person::signed_up(&house, "ann@example.com").await;
    let tokens = tokens(&house, &ann).await;
    let hint = tokens["id_token"].as_str().unwrap();
    let after = format!("post_logout_redirect_uri={AFTER_LOGOUT}&state=s");
    let asks = ann.get(&format!("/logout?client_id=web&{after}")).await;
    assert!(asks.is(200).text.contains("Sign out?"));
    assert_eq!(ann.get("/account").await.status, 200);
    ann.post("/logout/confirm", &[("csrf", "x")]).await.is(403);
    let gone = ann
        .get(&format!("/logout?id_token_hint={hint}&{after}"))
        .await;
    assert_eq!(gone.is(303).location(), format!("{AFTER_LOGOUT}?state=s"));
    ann.get("/account").await.is(303);
    // What came of the session has ended with it.
    let given = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(crate::client::refresh(&house, given).await.0, 400);
    let elsewhere =
        format!("/logout?id_token_hint={hint}&post_logout_redirect_uri=https://evil.example/");
    assert!(
        ann.get(&elsewhere)
            .await
            .is(200)
            .text
            .contains("You are signed out")
    );
    ann.sign_in("ann@example.com", PASSWORD).await.is(303);
    let asks = ann.get(&format!("/logout?client_id=web&{after}")).await;
    let gone = ann.submit(&asks, "/logout/confirm", &[]).await;
    assert_eq!(gone.is(303).location(), format!("{AFTER_LOGOUT}?state=s"));
    // A client that names itself by the token alone gets its person back as well.
    ann.sign_in("ann@example.com", PASSWORD).await.is(303);
    let asks = ann
        .get(&format!("/logout?id_token_hint={hint}&{after}"))
        .await;
    assert!(asks.is(200).text.contains("Sign out?"));
    let gone = ann.submit(&asks, "/logout/confirm", &[]).await;
    assert_eq!(gone.is(303).location(), format!("{AFTER_LOGOUT}?state=s"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_clients_may_read_answers_and_no_others() {
    let house = House::new().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/token", house.url);
    let ask = |origin: &'static str, method: reqwest::Method| {
        let request = http.request(method, &url).header("Origin", origin);
        async { request.form(&[("grant_type", "x")]).send().await.unwrap() }
    };
    let own = ask("http://localhost:5173", reqwest::Method::POST).await;
    assert_eq!(
        own.headers()["access-control-allow-origin"],
        "http://localhost:5173"
    );
    assert_eq!(own.headers()["vary"], "Origin");
    let other = ask("https://evil.example", reqwest::Method::POST).await;
    assert!(other.headers().get("access-control-allow-origin").is_none());
    assert_eq!(other.headers()["vary"], "Origin");
    let before = ask("http://localhost:5173", reqwest::Method::OPTIONS).await;
    assert_eq!(before.status(), 204);
    assert!(
        before.headers()["access-control-allow-headers"]
            .to_str()
            .unwrap()
            .contains("authorization")
    );
}
