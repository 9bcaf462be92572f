//! Good requests, damaged at random: whatever reaches the upstream is one request, and the same to
//! both readers and the log.

use crate::door::{Door, eventually};
use crate::http2_wire::{END_STREAM, Outcome, Wire, request};
use crate::one_reader::{Read1, Understood, reading};
use crate::tls_client::Pair;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use std::io::{Read, Write};
use std::sync::Mutex;

const SEEDS: &[&[u8]] = &[
    b"GET /open/a?b=c HTTP/1.1\r\nHost: t\r\nAccept: x\r\n\r\n",
    b"POST /open/a HTTP/1.1\r\nHost: t\r\nContent-Length: 44\r\n\r\nGET /open/smuggled HTTP/1.1\r\nHost: t\r\nA: b\r\n\r\n",
    b"POST /open/a HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n2;x=y\r\nab\r\n0\r\nX-T: 1\r\n\r\n",
    b"PUT /open/a HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nConnection: keep-alive, X-Drop\r\nX-Drop: 1\r\n\r\nabcGET /open/b HTTP/1.1\r\nHost: t\r\n\r\n",
    b"DELETE http://t/open/%7Ea/b HTTP/1.1\r\nHost: t\r\nX-Forwarded-For: 1\r\nX-User-Id: root\r\n\r\n",
    b"OPTIONS /open HTTP/1.0\r\nHost: t\r\nConnection: keep-alive\r\n\r\nGET /open/2 HTTP/1.1\r\nHost: t\r\n\r\n",
];

/// What smuggling is made of.
const PIECES: &[&[u8]] = &[
    b"\r",
    b"\n",
    b"\r\n",
    b"\r\n\r\n",
    b"\n\n",
    b"\0",
    b" ",
    b"\t",
    b"\x0b",
    b"\x7f",
    b"\xff",
    b"\xc3\xa4",
    b":",
    b",",
    b";",
    b"/",
    b"\\",
    b"..",
    b"/../",
    b"%2e",
    b"%2f",
    b"%00",
    b"%",
    b"?",
    b"#",
    b"<",
    b"\"",
    b"_",
    b"0",
    b"1",
    b"5",
    b"0\r\n\r\n",
    b"Content-Length: 5\r\n",
    b"Content-Length: 0\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"transfer-encoding:\x0bchunked\r\n",
    b"Transfer-Encoding: x, chunked\r\n",
    b"Host: u\r\n",
    b"Host : t\r\n",
    b" folded\r\n",
    b"Expect: 100-continue\r\n",
    b"Connection: close\r\n",
    b"Connection: Content-Length\r\n",
    b"Upgrade: h2c\r\n",
    b"GET /open/smuggled HTTP/1.1\r\nHost: t\r\n\r\n",
];

#[derive(Debug, Clone)]
enum Damage {
    Insert(Index, &'static [u8]),
    Replace(Index, &'static [u8]),
    Change(Index, u8),
    Remove(Index, usize),
    Repeat(Index, usize),
    Cut(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), select(PIECES)).prop_map(|(at, piece)| Damage::Insert(at, piece)),
        2 => (at(), select(PIECES)).prop_map(|(at, piece)| Damage::Replace(at, piece)),
        3 => (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Change(at, byte)),
        2 => (at(), 1..12_usize).prop_map(|(at, count)| Damage::Remove(at, count)),
        2 => (at(), 1..40_usize).prop_map(|(at, count)| Damage::Repeat(at, count)),
        1 => at().prop_map(Damage::Cut),
    ]
}

fn apply(bytes: &mut Vec<u8>, damage: &Damage) {
    let length = bytes.len() + 1;
    let part = |at: &Index, count: usize| {
        let at = at.index(length);
        at..length.saturating_sub(1).min(at + count)
    };
    match damage {
        Damage::Insert(at, piece) => {
            let at = at.index(length);
            bytes.splice(at..at, piece.iter().copied());
        }
        Damage::Replace(at, piece) => {
            bytes.splice(part(at, piece.len()), piece.iter().copied());
        }
        Damage::Change(at, byte) => {
            bytes.splice(part(at, 1), [*byte]);
        }
        Damage::Remove(at, count) => {
            bytes.drain(part(at, *count));
        }
        Damage::Repeat(at, count) => {
            let again = bytes[part(at, *count)].to_vec();
            let at = at.index(length);
            bytes.splice(at..at, again);
        }
        Damage::Cut(at) => bytes.truncate(at.index(length)),
    }
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    })
}

/// Sends all of it and a last request, and reads until the gateway closes.
fn ask(door: &Door, bytes: &[u8]) -> String {
    let mut socket = door.client().socket;
    let _ = socket.write_all(bytes);
    let _ = socket.write_all(b"GET /open/last HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    let mut answers = Vec::new();
    let _ = socket.read_to_end(&mut answers);
    String::from_utf8_lossy(&answers).into_owned()
}

/// The heads of the answers with such a status.
fn heads_of<'a>(answers: &'a str, status: &'static str) -> impl Iterator<Item = &'a str> {
    let heads = answers.split("HTTP/1.").skip(1);
    heads.filter(move |head| head.get(2..).is_some_and(|head| head.starts_with(status)))
}

/// The ids of the answers with such a status.
fn ids_of<'a>(answers: &'a str, status: &'static str) -> Vec<&'a str> {
    let id = |head: &'a str| head.lines().find_map(|l| l.strip_prefix("x-request-id: "));
    heads_of(answers, status).filter_map(id).collect()
}

fn new_requests(understood: &Mutex<Understood>) -> Vec<Read1> {
    let mut understood = understood.lock().unwrap();
    assert!(understood.complaints.is_empty(), "{understood:?}");
    std::mem::take(&mut understood.requests)
}

/// What is logged of a request is what the second reader saw.
fn is_logged_so(door: &Door, request: &Read1) {
    let mut line = None;
    eventually("it is logged", || {
        let log = door.log.text();
        let mine = format!("\"request_id\":\"{}\"", request.id);
        line = log.lines().find(|l| l.contains(&mine)).map(str::to_owned);
        line.is_some()
    });
    let line: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
    assert_eq!(line["method"], request.method.as_str());
    assert_eq!(line["route"], "/open");
    assert_eq!(line["bytes_in"], request.body.len());
    let path = request.target.split('?').next().unwrap();
    let inside = path == "/open" || path.starts_with("/open/");
    let plain = !path.split('/').skip(1).any(|s| matches!(s, "." | ".."));
    assert!(inside && plain && !path.contains("//"), "{request:?}");
}

#[test]
fn whatever_reaches_the_upstream_is_one_request_to_everybody() {
    let (upstream, understood) = reading();
    let door = Door::with(upstream, |json| {
        // What is cut is not waited for.
        for name in ["head_ms", "body_idle_ms", "keep_alive_ms"] {
            json["timeouts"][name] = 100.into();
        }
    });
    let damaged = (select(SEEDS), vec(damage(), 0..4)).prop_map(|(seed, all)| {
        let mut bytes = seed.to_vec();
        for damage in &all {
            apply(&mut bytes, damage);
        }
        bytes
    });
    let run = runner(500).run(&damaged, |bytes| {
        let answers = ask(&door, &bytes);
        let requests = new_requests(&understood);
        let shown = bytes.escape_ascii().to_string();
        let ids: Vec<&str> = requests.iter().map(|r| r.id.as_str()).collect();
        // Each answer of the upstream is the answer to one request, in the order of the requests.
        assert_eq!(ids, ids_of(&answers, "200"), "{shown}\n{answers}");
        // Nothing is answered by the library alone, which would say nothing about it.
        let problems = answers.matches("application/problem+json").count();
        let refusals = heads_of(&answers, "4").count() + heads_of(&answers, "5").count();
        assert_eq!(problems, refusals, "{shown}\n{answers}");
        for request in &requests {
            is_logged_so(&door, request);
            assert!(!request.target.contains("/private"));
        }
        Ok(())
    });
    run.unwrap();
    // Were everything refused, nothing would have been tried.
    let log = door.log.text();
    let good = log.matches("\"status\":200").count();
    let refused = log.matches("\"status\":400").count();
    assert!(
        good > 200 && refused > 200,
        "{good} good, {refused} refused"
    );
    assert_eq!(door.get("/open").status, 200);
}

#[test]
fn whatever_reaches_the_upstream_by_http2_is_one_request_too() {
    let pair = Pair::new();
    let (upstream, understood) = reading();
    let door = Door::with(upstream, |json| json["tls"] = pair.settings());
    let seed = || {
        let mut fields = request("GET", "/open/a?b=c");
        for (name, value) in [("x-a", "b"), ("cookie", "c=d"), ("content-length", "0")] {
            fields.push((name.into(), value.into()));
        }
        fields
    };
    let places = seed().len();
    let one = (0..places, any::<bool>(), damage());
    let damaged = vec(one, 0..3).prop_map(move |all| {
        let mut fields = seed();
        for (place, of_name, damage) in all {
            let (name, value) = &mut fields[place];
            apply(if of_name { name } else { value }, &damage);
        }
        fields
    });
    let run = runner(400).run(&damaged, |fields| {
        let mut wire = Wire::open(&pair, &door);
        let outcome = wire.head(1, &fields, END_STREAM).outcome(1);
        let requests = new_requests(&understood);
        let shown: Vec<String> = fields
            .iter()
            .map(|(n, v)| format!("{}: {}", n.escape_ascii(), v.escape_ascii()))
            .collect();
        match &outcome {
            Outcome::Answer(200, _) => {
                assert_eq!(requests.len(), 1, "{shown:?}");
                let method = &fields.iter().find(|(n, _)| n == b":method").unwrap().1;
                assert_eq!(requests[0].method.as_bytes(), method, "{shown:?}");
                is_logged_so(&door, &requests[0]);
            }
            _ => assert_eq!(requests, [], "{shown:?}: {outcome:?}"),
        }
        Ok(())
    });
    run.unwrap();
    assert!(door.log.text().matches("\"status\":200").count() > 20);
}
