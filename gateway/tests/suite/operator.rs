//! What the operator is told of certificates.

use crate::door::{Door, eventually};
use crate::tls_client::{Pair, write_pair};
use crate::upstream::{Upstream, ok};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fmt::Write;

fn fingerprint(certificate: &rcgen::Certificate) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(certificate.der()) {
        write!(text, "{byte:02X}").unwrap();
    }
    text
}

#[test]
fn the_operator_sees_the_certificate_in_force_and_nothing_of_its_key() {
    let pair = Pair::new();
    let of_start = write_pair(pair.dir.path());
    let door = Door::with(Upstream::start(ok), |settings| {
        settings["tls"] = pair.settings();
    });
    let seen = || door.operator("/certificates")["certificates"][0].clone();
    let first = seen();
    assert_eq!(first["names"], json!(["localhost"]));
    assert_eq!(first["subject"], "CN=rcgen self signed cert");
    assert_eq!(first["issuer"], first["subject"]);
    assert_eq!(first["not_before"], "1975-01-01T00:00:00Z");
    assert_eq!(first["not_after"], "4096-01-01T00:00:00Z");
    // In 2026 there were 756,000 days left until then; in 2046, 748,000.
    let days = first["days_left"].as_i64().unwrap();
    assert!((748_000..757_000).contains(&days), "{days}");
    assert_eq!(first["sha256"], fingerprint(&of_start));
    assert_eq!(first["file"], json!(pair.dir.path().join("crt")));
    assert!(first["loaded_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(first.as_object().unwrap().len(), 9, "{first}");
    let fresh = write_pair(pair.dir.path());
    eventually("the new certificate is shown", || {
        seen()["sha256"] == fingerprint(&fresh)
    });
    assert_ne!(seen()["loaded_at"], first["loaded_at"]);
}

#[test]
fn without_tls_and_without_keys_of_tenants_there_is_nothing_to_see() {
    let door = Door::open();
    assert_eq!(door.operator("/certificates"), json!({"certificates": []}));
    assert_eq!(door.operator("/keys"), json!({"tenant_keys": null}));
    let forget = "DELETE /keys HTTP/1.1\r\nHost: t\r\n\r\n";
    let mut operator = crate::client::Client::connect(door.admin);
    assert_eq!(operator.send(forget).answer().status, 404);
    let other = "DELETE /routes HTTP/1.1\r\nHost: t\r\n\r\n";
    assert_eq!(operator.send(other).answer().status, 405);
}
