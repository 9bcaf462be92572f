//! People at the door: an account, a token by the code flow, a vehicle by its VIN.

use crate::door::{Answer, Product};
use crate::house::until;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A browser as far as it takes one: cookies, forms, and where it is sent.
struct Browser<'a> {
    product: &'a Product,
    cookies: BTreeMap<String, String>,
}

impl Browser<'_> {
    fn send(&mut self, request: &str, body: &str) -> Answer {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = format!("{request} HTTP/1.1\r\nCookie: {}\r\n", cookies.join("; "));
        let of_form = format!(
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
            body.len()
        );
        let of_form = if body.is_empty() {
            String::new()
        } else {
            of_form
        };
        let answer = self
            .product
            .send(&format!("{request}{of_form}\r\n{body}"), None)
            .unwrap();
        for line in answer.head_as_sent.lines() {
            if let Some((name, value)) = line
                .strip_prefix("set-cookie: ")
                .and_then(|it| it.split(';').next()?.split_once('='))
            {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Where an answer sends it, as a path.
    fn sent_to(&self, answer: &Answer) -> String {
        let line = answer
            .head_as_sent
            .lines()
            .find_map(|line| line.strip_prefix("location: "));
        let location = line.unwrap_or_else(|| panic!("{}: {}", answer.head, answer.body));
        let base = format!("http://localhost:{}", self.product.port);
        location.strip_prefix(&base).unwrap_or(location).to_owned()
    }
}

/// What stands between two texts.
fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let rest = text
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before} in {text}"))
        .1;
    rest.split_once(after).unwrap().0
}

/// An access token for somebody who has just signed up, by the code flow.
fn token_of_a_newcomer(product: &Product) -> String {
    let mut browser = Browser {
        product,
        cookies: BTreeMap::new(),
    };
    let callback = format!("http%3A%2F%2Flocalhost%3A{}%2Fapp%2Fcallback", product.port);
    let asked = browser.send(&format!(
        "GET /auth/authorize?client_id=web&redirect_uri={callback}&response_type=code&scope=openid&state=s&nonce=n&prompt=create&code_challenge={CHALLENGE}&code_challenge_method=S256"
    ), "");
    let sign_up = browser.sent_to(&asked);
    let page = browser.send(&format!("GET {sign_up}"), "");
    let mut form = "name=Bea&email=bea%40example.com&new_password=three+brown+foxes".to_owned();
    for hidden in page.body.split("<input type=\"hidden\" ").skip(1) {
        let (name, value) = (
            between(hidden, "name=\"", "\""),
            between(hidden, "value=\"", "\""),
        );
        let value = value.replace('&', "%26").replace('=', "%3D");
        form = format!("{form}&{name}={value}");
    }
    let mut answer = browser.send(&format!("POST {sign_up}"), &form);
    let code = loop {
        let next = browser.sent_to(&answer);
        if next.starts_with("/app/callback") {
            break between(&format!("{next}&"), "code=", "&").to_owned();
        }
        answer = browser.send(&format!("GET {next}"), "");
    };
    let form = format!(
        "grant_type=authorization_code&client_id=web&code={code}&redirect_uri={callback}&code_verifier={VERIFIER}"
    );
    let tokens = browser.send("POST /auth/token", &form);
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    tokens.json()["access_token"].as_str().unwrap().to_owned()
}

pub(crate) fn somebody_signs_up_and_adds_a_vehicle_by_its_vin(product: &Product, vin: &str) {
    let token = token_of_a_newcomer(product);
    let send = |line: &str, body: Option<&Value>| {
        let body = body.map_or_else(String::new, Value::to_string);
        let request = format!(
            "{line} HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        product.send(&request, None).unwrap()
    };
    let added = send(
        "POST /api/vehicles",
        Some(&json!({ "vin": vin, "nickname": "Mine" })),
    );
    assert_eq!(added.status, 201, "{}", added.body);
    let path = format!("/api/vehicles/{}", added.json()["id"].as_str().unwrap());
    // At once, or a moment later on a machine that is busy.
    let mut vehicle = added.json();
    until("its VIN is decoded", || {
        vehicle = send(&format!("GET {path}"), None).json();
        vehicle["specification"]["make"] == "Honda"
    });
    assert_eq!(vehicle["energies"][0]["energy"], "petrol", "{vehicle}");
    let read = send(
        &format!("POST {path}/readings"),
        Some(&json!({ "distance": 12_345.6 })),
    );
    assert_eq!(read.status, 201, "{}", read.body);
    assert_eq!(
        send(&format!("GET {path}"), None).json()["odometer"]["distance"],
        12_345.6
    );
    let anonymous = product.ask(&path, None).unwrap();
    assert_eq!(anonymous.status, 401);

    // With the platform away it is kept, and the worker completes it.
    assert_eq!(send(&format!("DELETE {path}"), None).status, 204);
    product.signal("vehicles-platform", "-STOP");
    let another = format!("{}2", &vin[..16]);
    let kept = send("POST /api/vehicles", Some(&json!({ "vin": another })));
    product.signal("vehicles-platform", "-CONT");
    assert_eq!(kept.status, 201, "{}", kept.body);
    let kept = kept.json();
    assert_eq!(kept["decoding"]["status"], "pending", "{kept}");
    let path = format!("GET /api/vehicles/{}", kept["id"].as_str().unwrap());
    until("its VIN is decoded", || {
        send(&path, None).json()["specification"]["make"] == "Honda"
    });
}
