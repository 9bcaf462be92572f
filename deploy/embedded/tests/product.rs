//! The whole product as a newcomer starts it: real programs, real stores, real vehicle data, and then things that go wrong.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

#[path = "product/door.rs"]
mod door;
mod house;
#[path = "product/people.rs"]
mod people;

use door::{Answer, Product};
use house::until;
use serde_json::{Value, json};
use std::time::Duration;

const MAKES: &str = "/platform/vehicles/makes?year=2022";

#[test]
fn a_newcomer_gets_the_real_makes_of_2022_through_the_gateway_and_nothing_that_fails_stays_failed()
{
    let product = Product::start();
    a_program_of_a_tenant_passes_as_long_as_its_key_is_good(&product);
    what_an_operator_expects_is_switched_on(&product);
    one_page_tells_of_every_api(&product);
    people_sign_up_at_the_door_and_the_first_admin_signs_in(&product);
    people::somebody_signs_up_and_adds_a_vehicle_by_its_vin(&product, VIN);
    drop_downs_lead_from_a_year_to_a_transmission(&product);
    a_vin_tells_its_vehicle(&product);
    a_tenant_is_made_and_validated_with_the_right_key_only(&product);
    the_door_is_closed_without_a_key(&product);
    doubtful_paths_go_nowhere(&product);
    the_app_has_its_drop_downs_while_the_platform_is_frozen(&product);
    a_second_start_changes_nothing(&product);
    redis_away_is_slower_and_never_wrong(&product);
    a_killed_service_comes_back(&product);
    no_key_and_no_vin_is_in_any_log(&product);
}

/// A 2022 Honda Civic.
const VIN: &str = "1HGFE2F50NL500001";

fn a_vin_tells_its_vehicle(product: &Product) {
    let route = "/platform/vehicles/vindecode";
    let posted = product.post(route, &json!({ "vin": VIN }));
    assert_eq!(posted.status, 200, "{}", posted.body);
    let vehicle = posted.json()["vehicle"].clone();
    assert_eq!(vehicle["make"]["name"], "Honda");
    assert_eq!(vehicle["model"]["name"], "Civic");
    assert_eq!(vehicle["year"], 2022);
    let got = product.get(&format!("{route}/{VIN}"));
    assert_eq!(got.json(), posted.json());
    let batch = product.post(&format!("{route}/batch"), &json!([VIN, ""]));
    assert_eq!(batch.status, 200, "{}", batch.body);
    assert!(batch.body.contains("Civic") && batch.body.contains("invalid_vin"));
    assert_eq!(product.post(MAKES, &json!({})).status, 405);
}

fn a_tenant_is_made_and_validated_with_the_right_key_only(product: &Product) {
    const TENANTS: &str = "/platform/tenants";
    let key = product.house.secret("platform-tenants-api-key");
    let body = json!({ "name": "The Smiths", "owner": "smith", "external_id": "product-test" });
    let made = product.post_with(TENANTS, &body, &key);
    assert_eq!(made.status, 201, "{}", made.body);
    let path = format!("{TENANTS}/{}/validate", made.json()["id"].as_str().unwrap());
    let validated = product.ask(&path, Some(&key)).unwrap();
    assert_eq!(
        (validated.status, &validated.json()["valid"]),
        (200, &json!(true))
    );
    for (path, key) in [(path.as_str(), product.key.as_str()), (MAKES, key.as_str())] {
        let refused = product.ask(path, Some(key)).unwrap();
        assert_eq!(refused.status, 401, "{}", refused.body);
        assert_eq!(refused.json()["code"], "api_key_unknown");
    }
}

fn a_program_of_a_tenant_passes_as_long_as_its_key_is_good(product: &Product) {
    const TENANTS: &str = "/platform/tenants";
    let key = product.house.secret("platform-tenants-api-key");
    let post = |path: &str, json: Value| product.post_with(path, &json, &key).json();
    let status = |key: &Value| product.ask(MAKES, key.as_str()).unwrap().status;
    let tenant = post(TENANTS, json!({ "name": "Workshop", "plan": "fleet" }));
    let path = format!("{TENANTS}/{}", tenant["id"].as_str().unwrap());
    let keys = format!("{path}/api-keys");
    let good = post(&keys, json!({ "name": "shop", "scopes": ["vehicles:*"] }));
    let other = post(&keys, json!({ "name": "other", "scopes": ["fuel:read"] }));
    let passed = product.ask(MAKES, good["key"].as_str()).unwrap();
    assert_eq!(passed.status, 200, "{}", passed.body);
    let refused = product.ask(MAKES, other["key"].as_str()).unwrap();
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (403, &json!("scope_missing"))
    );

    // An event may make the gateway forget what it knew before it; those of what was made above are heard by then.
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(status(&good["key"]), 200);
    // The platform freezes: who is known passes, who is not is told to come again.
    product.signal("tenants-platform", "-STOP");
    assert_eq!(status(&good["key"]), 200);
    let mut unknown = good["key"].as_str().unwrap().to_owned();
    unknown.replace_range(
        10..11,
        if unknown.as_bytes()[10] == b'x' {
            "y"
        } else {
            "x"
        },
    );
    assert_eq!(product.ask(MAKES, Some(&unknown)).unwrap().status, 503);
    product.signal("tenants-platform", "-CONT");
    until("an unknown key is unknown again", || {
        product.ask(MAKES, Some(&unknown)).unwrap().status == 401
    });

    let suspended = post(&format!("{path}/suspend"), json!({ "reason": "test" }));
    assert_eq!(suspended["status"], "suspended");
    until("the suspension is known", || status(&good["key"]) == 403);
    post(&format!("{path}/resume"), json!({}));
    until("the tenant is back", || status(&good["key"]) == 200);
    let id = good["id"].as_str().unwrap();
    let revoked = product.send(&format!("DELETE {keys}/{id} HTTP/1.1\r\n\r\n"), Some(&key));
    assert_eq!(revoked.unwrap().status, 204);
    until("the revocation is known", || status(&good["key"]) == 401);
    let told = product.ask(MAKES, good["key"].as_str()).unwrap();
    assert_eq!(told.json()["code"], "api_key_revoked");
}

/// A fresh installation tells browsers what they need to know, slows whoever guesses keys, and keeps the plans of tenants.
fn what_an_operator_expects_is_switched_on(product: &Product) {
    let refused = product
        .ask(MAKES, Some("mvp_svc_wrong_0123456789"))
        .unwrap();
    assert_eq!(refused.status, 401);
    for header in [
        "x-content-type-options: nosniff",
        "referrer-policy: ",
        "permissions-policy: ",
        "content-security-policy: ",
        "ratelimit-policy: \"address\";q=12000;w=60",
        "ratelimit: \"address\";r=",
    ] {
        assert!(refused.head.contains(header), "{header}: {}", refused.head);
    }
    let key = product.house.secret("platform-tenants-api-key");
    let plan = json!({ "title": "Three", "quotas": { "requests_per_day": 3 } });
    let body = plan.to_string();
    let put = format!(
        "PUT /platform/tenants/plans/three HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(product.send(&put, Some(&key)).unwrap().status, 200);
    let tenant = json!({ "name": "Small", "plan": "three" });
    let tenant = product.post_with("/platform/tenants", &tenant, &key).json();
    let keys = format!(
        "/platform/tenants/{}/api-keys",
        tenant["id"].as_str().unwrap()
    );
    let program = json!({ "name": "p", "scopes": ["vehicles:read"] });
    let made = product.post_with(&keys, &program, &key).json();
    let ask = || product.ask(MAKES, made["key"].as_str()).unwrap();
    let statuses: Vec<u16> = (0..4).map(|_| ask().status).collect();
    assert_eq!(statuses, [200, 200, 200, 429]);
    assert!(ask().head.contains("\"plan-day\";r=0"), "{}", ask().head);
    let counted = product
        .house
        .ok(&["redis-cli", "tenants", "keys", "mvp-gateway:plan:*"]);
    assert!(counted.contains("mvp-gateway:plan:"), "{counted}");
}

/// A page's proof that a form comes from it, and the browser's cookie.
fn form_of(page: &Answer) -> (String, String) {
    let part = |text: &str, before: &str, after: &str| {
        let rest = text.split_once(before).unwrap().1;
        rest.split_once(after).unwrap().0.to_owned()
    };
    let csrf = part(&page.body, "name=\"csrf\" value=\"", "\"");
    (csrf, part(&page.head_as_sent, "set-cookie: ", ";"))
}

fn people_sign_up_at_the_door_and_the_first_admin_signs_in(product: &Product) {
    let metadata = product.ask("/auth/.well-known/openid-configuration", None);
    let issuer = format!("http://localhost:{}/auth", product.port);
    assert_eq!(metadata.unwrap().json()["issuer"], issuer);
    let send = |path: &str, cookie: &str, form: &str| {
        let head = format!(
            "POST {path} HTTP/1.1\r\nCookie: {cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}",
            form.len()
        );
        product
            .send(&format!("{head}\r\n\r\n{form}"), None)
            .unwrap()
    };
    let page = product.ask("/auth/signup", None).unwrap();
    let policy = "content-security-policy: default-src 'none'; style-src 'self'";
    assert!(page.head.contains(policy), "{}", page.head);
    let (csrf, cookie) = form_of(&page);
    let form =
        format!("csrf={csrf}&name=Ann&email=ann%40example.com&new_password=three+brown+foxes");
    let made = send("/auth/signup", &cookie, &form);
    assert_eq!(made.status, 303, "{}", made.body);
    assert!(
        made.head.contains("location: /auth/account")
            && made.head.contains("set-cookie: mvp_session=")
    );
    let told = product
        .told
        .split_once("password  ")
        .expect("a password is shown")
        .1;
    let once = told.split_whitespace().next().unwrap();
    let page = product.ask("/auth/signin", None).unwrap();
    let (csrf, cookie) = form_of(&page);
    let form = format!("csrf={csrf}&email=admin%40localhost&password={once}");
    let step = send("/auth/signin", &cookie, &form);
    assert!(
        step.head.contains("location: /auth/signin/password"),
        "{}",
        step.body
    );
    for log in std::fs::read_dir(product.house.data().join("log")).unwrap() {
        let text = std::fs::read_to_string(log.unwrap().path()).unwrap_or_default();
        assert!(!text.contains(once) && !text.contains("ann@example.com"));
    }
}

fn one_page_tells_of_every_api(product: &Product) {
    let document = product.ask("/openapi.json", None).unwrap();
    assert_eq!(document.status, 200);
    let paths = document.json()["paths"].clone();
    let has = |path: &str, method: &str| paths[path][method].is_object();
    assert!(has("/platform/vehicles/makes", "get"));
    assert!(has("/platform/vehicles/vindecode", "post"));
    assert!(has("/platform/tenants/{tenant}/validate", "get"));
    assert!(has("/api/platform/makes", "get") && has("/api/vehicles/{vehicle}", "patch"));
    assert!(has("/auth/token", "post") && has("/auth/users/{user}/role", "put"));
    assert!(!has("/vehicles/makes", "get"), "only what the door knows");
    let page = product.ask("/docs", None).unwrap();
    assert!(
        page.head.contains("content-type: text/html"),
        "{}",
        page.head
    );
    assert!(page.body.contains("/platform/tenants/{tenant}/suspend"));
    assert_eq!(product.ask("/docs/style.css", None).unwrap().status, 200);
}

fn drop_downs_lead_from_a_year_to_a_transmission(product: &Product) {
    let makes = product.get(MAKES);
    assert_eq!(makes.status, 200, "{}", makes.body);
    assert!(
        makes.head.contains("x-data-release: 2026-10"),
        "{}",
        makes.head
    );
    assert!(makes.head.contains("etag: \""), "{}", makes.head);
    let names = makes.names();
    for make in ["Acura", "Ford", "Honda", "Tesla", "Toyota", "Volvo"] {
        assert!(
            names.iter().any(|name| name == make),
            "{make} is not in {names:?}"
        );
    }
    assert!((50..80).contains(&names.len()), "{names:?}");
    let find = |answer: &Answer, name: &str| {
        let items = answer.json()["data"].as_array().unwrap().clone();
        let item = items.iter().find(|item| item["name"] == name);
        item.unwrap_or_else(|| panic!("no {name} in {}", answer.body))["id"].to_string()
    };
    let make = find(&makes, "Honda");
    let models = product.get(&format!(
        "/platform/vehicles/models?year=2022&make_id={make}"
    ));
    let model = find(&models, "Civic");
    let of = |list: &str, more: &str| {
        let path = "/platform/vehicles";
        product.get(&format!(
            "{path}/{list}?year=2022&make_id={make}&model_id={model}{more}"
        ))
    };
    let touring = find(&of("trims", ""), "Touring");
    let engines = of("engines", &format!("&trim_id={touring}")).json();
    assert_eq!(engines["data"].as_array().unwrap().len(), 1, "{engines}");
    assert_eq!(engines["data"][0]["displacement_l"], 1.5);
    assert!(!of("transmissions", "").names().is_empty());
}

fn the_door_is_closed_without_a_key(product: &Product) {
    for (key, code) in [
        (None, "api_key_missing"),
        (Some("mvp_svc_wrong_0123456789"), "api_key_unknown"),
    ] {
        let refused = product.ask(MAKES, key).unwrap();
        assert_eq!(
            (refused.status, refused.json()["code"].as_str()),
            (401, Some(code))
        );
    }
}

fn doubtful_paths_go_nowhere(product: &Product) {
    for path in [
        "/platform/vehicles/../health",
        "/platform/vehicles/%2e%2e/health",
        "/platform//vehicles/makes?year=2022",
        "/platform/vehicles%2fmakes?year=2022",
        "/platform/vehicles;/makes?year=2022",
        "/PLATFORM/vehicles/makes?year=2022",
        "/metrics",
    ] {
        let answer = product.get(path);
        assert!(
            [400, 404].contains(&answer.status),
            "{path}: {}",
            answer.status
        );
        assert!(
            answer
                .head
                .contains("content-type: application/problem+json"),
            "{}",
            answer.head
        );
    }
}

fn the_app_has_its_drop_downs_while_the_platform_is_frozen(product: &Product) {
    const MAKES: &str = "/api/platform/makes?year=2022";
    let anyone = |path: &str| product.ask(path, None).unwrap();
    let asked = anyone(MAKES);
    assert_eq!(asked.status, 200, "{}", asked.body);
    assert!(asked.names().contains(&"Honda".to_owned()));
    product.signal("vehicles-platform", "-STOP");
    let kept = anyone(MAKES);
    product.signal("vehicles-platform", "-CONT");
    assert_eq!(kept.names(), asked.names());
    assert!(kept.head.contains("x-data-source: cache"), "{}", kept.head);
    let health = anyone("/api/health").json();
    assert!(health["checks"]["platform_vehicles"]["breaker"].is_string());
    let refused = anyone(&format!("/api/platform/vehicle?vin={VIN}"));
    assert_eq!(refused.status, 401, "{}", refused.body);
    assert_eq!(refused.json()["code"], "token_missing");
}

fn a_second_start_changes_nothing(product: &Product) {
    let before = product.house.pids();
    product.house.up();
    assert_eq!(product.house.pids(), before);
}

fn redis_away_is_slower_and_never_wrong(product: &Product) {
    product.signal("redis-vehicles", "-STOP");
    for year in 1981..2000 {
        let answer = product.get(&format!(
            "/platform/vehicles/makes?year={year}&vehicle_type=motorcycle"
        ));
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let health = product.get("/health");
    assert_eq!(health.status, 200, "{}", health.body);
    product.signal("redis-vehicles", "-CONT");
}

fn a_killed_service_comes_back(product: &Product) {
    let killed = product.house.pids()["vehicles-platform"];
    product.signal("vehicles-platform", "-KILL");
    until("the service is another process", || {
        product
            .house
            .pids()
            .get("vehicles-platform")
            .is_some_and(|pid| *pid != killed)
    });
    until("it answers through the gateway", || product.answers(MAKES));
}

fn no_key_and_no_vin_is_in_any_log(product: &Product) {
    let logs = std::fs::read_dir(product.house.data().join("log"))
        .unwrap()
        .flatten();
    for log in logs {
        let text = String::from_utf8_lossy(&std::fs::read(log.path()).unwrap()).into_owned();
        assert!(
            !text.contains(&product.key),
            "a key is in {}",
            log.path().display()
        );
        assert!(!text.contains(VIN), "a VIN is in {}", log.path().display());
    }
}
