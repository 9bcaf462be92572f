//! Registered keys, and what tenants have of them.

use crate::house::House;
use reqwest::Method;
use serde_json::{Value, json};
use test_kit::Answer;

struct Setup {
    house: House,
    path: String,
}

impl Setup {
    async fn new() -> Self {
        let house = House::new().await;
        let tenant = house.tenant("family").await;
        let path = format!("/tenants/{tenant}/configuration");
        let secret = json!({ "description": "a token", "schema": { "type": "string", "minLength": 5 }, "scope": "tenant", "secret": true });
        house
            .put("/tenants/configuration/keys/mail.token", secret)
            .await
            .is(200);
        Self { house, path }
    }

    async fn read(&self) -> Value {
        self.house.get(&self.path).await.is(200)
    }

    async fn change(&self, method: Method, version: i64, values: Value) -> Answer {
        let etag = format!("\"{version}\"");
        let headers = [("If-Match", etag.as_str()), ("X-Actor", "anna")];
        let body = json!({ "values": values });
        self.house
            .send(method, &self.path, &headers, Some(body))
            .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_comes_from_the_tenant_else_the_plan_else_the_default() {
    let setup = Setup::new().await;
    let unit = |values: &Value| {
        let unit = &values["values"]["display.distance_unit"];
        (unit["value"].clone(), unit["source"].clone())
    };
    let before = setup.read().await;
    assert_eq!(before["version"], 0);
    assert_eq!(unit(&before), (json!("mi"), json!("default")));
    let of_plan = "/tenants/configuration/plans/family/display.distance_unit";
    setup
        .house
        .put(of_plan, json!({ "value": "km" }))
        .await
        .is(204);
    let of_plan_now = setup.read().await;
    assert_eq!(unit(&of_plan_now), (json!("km"), json!("plan")));
    // Whoever keeps what it has read learns that it is to be read again, though the tenant has set nothing.
    assert_eq!(of_plan_now["version"], 0);
    assert!(of_plan_now["config_version"].as_i64() > before["config_version"].as_i64());
    let own = json!({ "display.distance_unit": "mi" });
    let changed = setup.change(Method::PATCH, 0, own).await;
    assert_eq!(changed.header("etag"), "\"1\"");
    assert_eq!(unit(&changed.is(200)), (json!("mi"), json!("tenant")));
    let none = json!({ "display.distance_unit": null });
    setup.change(Method::PATCH, 1, none).await.is(200);
    assert_eq!(unit(&setup.read().await), (json!("km"), json!("plan")));
    setup.house.delete(of_plan).await.is(204);
    assert_eq!(unit(&setup.read().await), (json!("mi"), json!("default")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_set_is_named_and_nothing_is_changed() {
    let setup = Setup::new().await;
    let wanted = json!({ "display.currency": "EUR", "display.colour": "red", "display.distance_unit": "parsec", "uploads.largest_bytes": 1, "mail.token": "shor" });
    let refused = setup.change(Method::PATCH, 0, wanted).await;
    for key in [
        "display.colour",
        "display.distance_unit",
        "uploads.largest_bytes",
        "mail.token",
    ] {
        refused.names(422, &format!("/body/values/{key}"));
    }
    assert!(!refused.text.contains("shor\""), "{}", refused.text);
    assert_eq!(setup.read().await["version"], 0);
    let euro = json!({ "display.currency": "EUR" });
    let missing = setup
        .house
        .send(
            Method::PATCH,
            &setup.path,
            &[],
            Some(json!({ "values": euro })),
        )
        .await;
    missing.is_problem(428, "precondition_required");
    setup.change(Method::PATCH, 0, euro.clone()).await.is(200);
    setup
        .change(Method::PATCH, 0, euro.clone())
        .await
        .is_problem(412, "precondition_failed");
    let same = setup.change(Method::PATCH, 1, euro).await.is(200);
    assert_eq!(same["version"], 1, "nothing new is no new version");
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_kept_compared_and_gone_back_to() {
    let setup = Setup::new().await;
    let set = json!({ "display.currency": "EUR", "display.language": "de" });
    setup.change(Method::PATCH, 0, set).await.is(200);
    setup
        .change(Method::PUT, 1, json!({ "display.currency": "CHF" }))
        .await
        .is(200);
    let diff = setup
        .house
        .get(&format!("{}/diff?from=1&to=2", setup.path))
        .await
        .is(200);
    assert_eq!(
        diff["data"],
        json!([
            { "key": "display.currency", "from": "EUR", "to": "CHF" },
            { "key": "display.language", "from": "de", "to": null },
        ])
    );
    let path = format!("{}/rollback", setup.path);
    let body = Some(json!({ "version": 1 }));
    let headers = [("If-Match", "\"2\"")];
    let rolled = setup
        .house
        .send(Method::POST, &path, &headers, body)
        .await
        .is(200);
    assert_eq!(rolled["version"], 3);
    assert_eq!(rolled["values"]["display.language"]["value"], "de");
    let history = setup
        .house
        .get(&format!("{}/history?limit=2", setup.path))
        .await
        .is(200);
    let versions: Vec<_> = history["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["version"])
        .collect();
    assert_eq!(versions, [3, 2]);
    assert_eq!(history["data"][1]["changed_by"], "anna");
    let unknown = Some(json!({ "version": 9 }));
    let refused = setup
        .house
        .send(Method::POST, &path, &[("If-Match", "\"3\"")], unknown)
        .await;
    refused.names(422, "/body/version");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_read_by_its_own_route_and_shown_nowhere_else() {
    let setup = Setup::new().await;
    let set = json!({ "mail.token": "hunter2-hunter2" });
    let changed = setup.change(Method::PATCH, 0, set).await.is(200);
    assert_eq!(
        changed["values"]["mail.token"],
        json!({ "value": null, "source": "tenant", "secret": true, "is_set": true })
    );
    let secret = setup
        .house
        .get(&format!("{}/secrets/mail.token", setup.path))
        .await
        .is(200);
    assert_eq!(secret["value"], "hunter2-hunter2");
    setup
        .house
        .get(&format!("{}/secrets/display.currency", setup.path))
        .await
        .is_problem(404, "not_found");
    let history = setup.house.get(&format!("{}/history", setup.path)).await;
    let diff = setup
        .house
        .get(&format!("{}/diff?from=0&to=1", setup.path))
        .await;
    let audit = setup.house.get("/tenants/audit").await;
    let events = setup.house.get("/tenants/events?after=0").await;
    for text in [
        &history.text,
        &diff.text,
        &audit.text,
        &events.text,
        &setup.house.log(),
    ] {
        assert!(!text.contains("hunter2"), "{text}");
    }
    assert!(audit.text.contains("configuration.secret_read"));
    let client = setup.house.database.superuser().await;
    let rows = client
        .query("SELECT values::text FROM configuration.version", &[])
        .await
        .unwrap();
    assert!(!rows[0].get::<_, String>(0).contains("hunter2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_takes_over_is_no_more_the_tenants() {
    let setup = Setup::new().await;
    let put = |name: &str, scope: &str| {
        let body = json!({ "description": "d", "schema": { "type": "integer" }, "default": 1, "scope": scope });
        setup
            .house
            .put_owned(format!("/tenants/configuration/keys/{name}"), body)
    };
    for key in ["a.limit", "b.limit"] {
        put(key, "tenant").await.is(200);
    }
    let set = json!({ "a.limit": 5, "b.limit": 6 });
    setup.change(Method::PATCH, 0, set).await.is(200);
    setup.change(Method::PUT, 1, json!({})).await.is(200);
    setup
        .change(Method::PATCH, 2, json!({ "a.limit": 5 }))
        .await
        .is(200);
    put("a.limit", "platform").await.is(200);
    let limit = |all: &Value, key: &str| {
        let limit = &all["values"][key];
        (limit["value"].clone(), limit["source"].clone())
    };
    let by_default = (json!(1), json!("default"));
    assert_eq!(limit(&setup.read().await, "a.limit"), by_default);
    let path = format!("{}/rollback", setup.path);
    let back = Some(json!({ "version": 1 }));
    let headers = [("If-Match", "\"3\"")];
    let rolled = setup.house.send(Method::POST, &path, &headers, back).await;
    let rolled = rolled.is(200);
    assert_eq!(limit(&rolled, "a.limit"), by_default);
    assert_eq!(limit(&rolled, "b.limit"), (json!(6), json!("tenant")));
    // Given back, it has nothing of what was before.
    put("a.limit", "tenant").await.is(200);
    assert_eq!(limit(&setup.read().await, "a.limit"), by_default);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_registered_at_once_are_in_nobodys_way() {
    let setup = Setup::new().await;
    let body = json!({ "description": "d", "schema": {}, "default": 1, "scope": "tenant" });
    for round in 0..3 {
        let calls = (0..6).map(|number| {
            let path = format!("/tenants/configuration/keys/k.k{}", number % 3);
            let mut body = body.clone();
            body["default"] = json!(round * 10 + number);
            setup.house.put_owned(path, body)
        });
        for answer in futures_util::future::join_all(calls).await {
            answer.is(200);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_registered_with_a_schema_that_its_values_fit() {
    let setup = Setup::new().await;
    let put = |name: &str, body: Value| {
        let path = format!("/tenants/configuration/keys/{name}");
        setup.house.put_owned(path, body)
    };
    let key = |schema: Value, default: Value| json!({ "description": "d", "schema": schema, "default": default, "scope": "tenant" });
    put("a.limit", key(json!({ "type": "integer" }), json!(1)))
        .await
        .is(200);
    put("a.limit", key(json!({ "type": "integer" }), json!("x")))
        .await
        .names(422, "/body/default");
    put("a.limit", key(json!({ "type": "x" }), json!(1)))
        .await
        .names(422, "/body/schema");
    put("A", key(json!({}), json!(1)))
        .await
        .names(422, "/path/key");
    let of_plan = "/tenants/configuration/plans/family/a.limit";
    setup
        .house
        .put(of_plan, json!({ "value": "x" }))
        .await
        .names(422, "/body/value");
    setup
        .house
        .put(of_plan, json!({ "value": 7 }))
        .await
        .is(204);
    put(
        "a.limit",
        key(json!({ "type": "integer", "maximum": 5 }), json!(1)),
    )
    .await
    .names(422, "/body/schema");
    let remote = json!({ "$ref": "http://169.254.169.254/latest" });
    put("a.remote", key(remote, json!(1)))
        .await
        .names(422, "/body/schema");
    let unknown = setup
        .house
        .put(
            "/tenants/configuration/plans/family/no.such",
            json!({ "value": 1 }),
        )
        .await;
    unknown.names(422, "/path/key");
}
