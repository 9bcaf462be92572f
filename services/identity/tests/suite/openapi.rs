//! The API document is the committed one, and discovery says what there is.

use crate::house::House;

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_the_committed_one() {
    let house = House::new().await;
    let printed = house.run(&["openapi"]);
    let printed = String::from_utf8(printed.stdout).unwrap();
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/openapi/identity.json"
    );
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        printed == committed,
        "the API has changed: `identity openapi > docs/openapi/identity.json`, and look at the difference"
    );
    let document: serde_json::Value = serde_json::from_str(&committed).unwrap();
    for path in [
        "/auth/token",
        "/auth/userinfo",
        "/auth/jwks",
        "/auth/users/{user}/disable",
    ] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
    assert!(house.run(&["healthcheck"]).status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn discovery_leads_to_everything() {
    let house = House::new().await;
    let found = house.get_json("/.well-known/openid-configuration").await;
    assert_eq!(found["issuer"], house.url.as_str());
    assert_eq!(
        found["code_challenge_methods_supported"],
        serde_json::json!(["S256"])
    );
    for (name, path) in [
        ("authorization_endpoint", "/authorize"),
        ("token_endpoint", "/token"),
        ("userinfo_endpoint", "/userinfo"),
        ("jwks_uri", "/jwks"),
        ("revocation_endpoint", "/revoke"),
        ("end_session_endpoint", "/logout"),
    ] {
        assert_eq!(found[name], format!("{}{path}", house.url), "{name}");
    }
    let keys = house.get_json("/jwks").await;
    let key = &keys["keys"][0];
    assert_eq!(
        (&key["kty"], &key["alg"], &key["use"]),
        (&"RSA".into(), &"RS256".into(), &"sig".into())
    );
    assert!(key.get("d").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_make_no_sense_are_refused_by_name() {
    let house = House::new().await;
    for (key, value, named) in [
        ("ISSUER", "http://example.com/auth", "issuer"),
        ("ISSUER", "https://example.com", "issuer"),
        ("TOKENS__ACCESS_TOKEN_S", "3600", "access_token_s"),
        (
            "CLIENTS__WEB__REDIRECT_URIS",
            "javascript:alert(1)",
            "redirect_uris",
        ),
    ] {
        let refused = house.run_with(&["keys", "list"], (key, value));
        assert_eq!(refused.status.code(), Some(3), "{refused:?}");
        let text = String::from_utf8(refused.stderr).unwrap();
        assert!(text.contains(named), "{text}");
    }
}
