//! The encrypted door: protocols, certificates, and the way to it.

use crate::door::{Door, eventually};
use crate::tls_client::{Pair, ask_raw, connect, write_pair};
use crate::upstream::{Upstream, ok};
use rustls::RootCertStore;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const CLOSING: &[u8] = b"GET /open HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n";

fn door(pair: &Pair) -> Door {
    door_before(pair, Upstream::start(ok))
}

fn door_before(pair: &Pair, upstream: Upstream) -> Door {
    Door::with(upstream, |settings| settings["tls"] = pair.settings())
}

#[test]
fn http11_over_tls_passes_the_same_judges() {
    let pair = Pair::new();
    let door = door(&pair);
    let ask = |bytes: &[u8]| ask_raw(pair.config("http/1.1"), door.tls_address.unwrap(), bytes);
    let answer = ask(CLOSING);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age=31536000\r\n"));
    assert_eq!(
        door.upstream.last().header("x-forwarded-proto").as_deref(),
        Some("https")
    );
    for hostile in [
        "GET /open HTTP/1.1\nHost: t\n\n",
        "POST /open HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /open/../private HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n",
    ] {
        let answer = ask(hostile.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 400 "), "{hostile}: {answer}");
    }
    assert_eq!(door.upstream.seen().len(), 1);
    // By the plain door nothing is said of TLS.
    let plain = door.get("/open");
    assert_eq!(plain.header("strict-transport-security"), None);
    assert_eq!(
        door.upstream.last().header("x-forwarded-proto").as_deref(),
        Some("http")
    );
}

#[test]
fn what_the_upstream_says_of_tls_stays() {
    let pair = Pair::new();
    let upstream = Upstream::start(|_, socket| {
        socket
            .write_all(b"HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=1\r\nContent-Length: 0\r\n\r\n")
            .is_ok()
    });
    let door = door_before(&pair, upstream);
    let answer = ask_raw(pair.config("http/1.1"), door.tls_address.unwrap(), CLOSING);
    assert_eq!(answer.matches("strict-transport-security").count(), 1);
    assert!(answer.contains("strict-transport-security: max-age=1\r\n"));
}

#[test]
fn both_versions_of_tls_are_spoken_and_no_older_one() {
    let pair = Pair::new();
    let door = door(&pair);
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(pair.roots.clone())
            .with_no_client_auth();
        let answer = ask_raw(config, door.tls_address.unwrap(), CLOSING);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{version:?}");
    }
    // A hello of TLS 1.1 with suites that were common then.
    let mut hello = vec![0x03, 0x02];
    hello.extend([7; 32]);
    hello.extend([0, 0, 4, 0xc0, 0x13, 0x00, 0x2f, 1, 0]);
    let length = u8::try_from(hello.len()).unwrap();
    let mut record = vec![0x16, 0x03, 0x01, 0, length + 4, 0x01, 0, 0, length];
    record.extend(hello);
    let mut socket = TcpStream::connect(door.tls_address.unwrap()).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    socket.write_all(&record).unwrap();
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    // A fatal alert.
    assert_eq!((answer[0], answer[5]), (0x15, 2), "{answer:?}");
}

#[test]
fn whoever_does_not_shake_hands_is_closed() {
    let pair = Pair::new();
    let door = door(&pair);
    for bytes in [
        b"".as_slice(),
        b"GET / HTTP/1.1\r\n\r\n",
        &[0x16, 0x03, 0x01],
    ] {
        let mut socket = TcpStream::connect(door.tls_address.unwrap()).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        socket.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        let read = socket.read_to_end(&mut answer);
        assert!(
            !matches!(&read, Err(e) if e.kind() == std::io::ErrorKind::WouldBlock),
            "still open after {bytes:?}"
        );
        assert!(!answer.starts_with(b"HTTP"));
    }
}

#[test]
fn a_new_certificate_is_taken_up_and_a_bad_pair_changes_nothing() {
    let pair = Pair::new();
    let door = door(&pair);
    let serves = |roots: &RootCertStore| {
        let probe = Pair {
            dir: tempfile::tempdir().unwrap(),
            roots: roots.clone(),
        };
        let config = probe.config("http/1.1");
        ask_raw(config, door.tls_address.unwrap(), CLOSING).starts_with("HTTP/1.1 200 ")
    };
    let metrics = door.metrics();
    let expiry = metrics
        .lines()
        .find(|line| line.starts_with("mvp_gateway_certificate_expiry_timestamp_seconds"))
        .unwrap();
    let expires: f64 = expiry.rsplit(' ').next().unwrap().parse().unwrap();
    assert!(expires > 1_800_000_000.0, "{expiry}");
    assert!(serves(&pair.roots));
    // Another's key: refused, and the certificate in force stays.
    let other = tempfile::tempdir().unwrap();
    write_pair(other.path());
    std::fs::copy(other.path().join("key"), pair.dir.path().join("key")).unwrap();
    assert!(serves(&pair.roots));
    let mut roots = RootCertStore::empty();
    roots
        .add(write_pair(pair.dir.path()).der().clone())
        .unwrap();
    eventually("the new certificate is served", || serves(&roots));
    assert!(!serves(&pair.roots));
}

#[test]
fn a_pair_that_cannot_be_used_is_named_before_anything_starts() {
    let pair = Pair::new();
    let other = Pair::new();
    let garbage = pair.dir.path().join("garbage");
    std::fs::write(&garbage, "none").unwrap();
    let secrets = tempfile::tempdir().unwrap();
    for (name, path, key) in [
        ("certificate", garbage.clone(), "tls.certificate"),
        (
            "certificate",
            pair.dir.path().join("absent"),
            "tls.certificate",
        ),
        ("key", garbage, "tls.key"),
        ("key", other.dir.path().join("key"), "tls.key"),
    ] {
        let mut settings = crate::door::settings("127.0.0.1:1", secrets.path());
        settings["routes"] = serde_json::json!([]);
        settings["tls"] = pair.settings();
        settings["tls"][name] = serde_json::json!(path);
        let settings: gateway::Settings = serde_json::from_value(settings).unwrap();
        let reason = gateway::check::problems(&settings).unwrap();
        assert!(reason.starts_with(key), "{reason}");
    }
}

#[test]
fn the_plain_door_sends_everybody_over_but_for_its_health() {
    let pair = Pair::new();
    let door = Door::with(Upstream::start(ok), |settings| {
        settings["tls"] = pair.settings();
        settings["tls"]["redirect_to_https"] = true.into();
    });
    let port = door.tls_address.unwrap().port();
    let answer =
        door.ask("POST /open/a?b=c HTTP/1.1\r\nHost: cars.example:80\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(answer.status, 308);
    let wanted = format!("https://cars.example:{port}/open/a?b=c");
    assert_eq!(answer.header("location"), Some(wanted.as_str()));
    assert_eq!(door.get("/health/ready").status, 200);
    for path in ["/docs", "/docs/style.css", "/openapi.json"] {
        let answer = door.ask(format!("GET {path} HTTP/1.1\r\nHost: cars.example\r\n\r\n"));
        let wanted = format!("https://cars.example:{port}{path}");
        let told = (answer.status, answer.header("location"));
        assert_eq!(told, (308, Some(wanted.as_str())));
    }
    assert_eq!(door.get("/open/../x").status, 400);
    assert!(!door.upstream.raw().contains("/open"));
    let encrypted = ask_raw(pair.config("http/1.1"), door.tls_address.unwrap(), CLOSING);
    assert!(encrypted.starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_client_that_does_not_read_is_given_up_on_however_much_is_left() {
    let pair = Pair::new();
    // Much more than lies in buffers on the way, and an amount of which the end may lie anywhere.
    for size in [200_000, 8 << 20] {
        let upstream = Upstream::start(move |_, socket| {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n");
            socket.write_all(head.as_bytes()).is_ok() && socket.write_all(&vec![b'x'; size]).is_ok()
        });
        let door = door_before(&pair, upstream);
        let mut stream = connect(pair.config("http/1.1"), door.tls_address.unwrap());
        stream
            .write_all(b"GET /big HTTP/1.1\r\nHost: t\r\n\r\n")
            .unwrap();
        stream.flush().unwrap();
        eventually("it is on its way", || !door.upstream.seen().is_empty());
        eventually("the connection is closed", || {
            door.metrics().contains("mvp_gateway_open_connections 0")
        });
        drop(stream);
    }
}
