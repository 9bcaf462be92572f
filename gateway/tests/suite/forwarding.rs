//! Connections to upstreams: used again, replaced when closed, never at a client's cost.

use crate::door::Door;
use crate::upstream::{Upstream, ok};
use std::io::Write;

#[test]
fn many_requests_share_a_connection_to_the_upstream() {
    let door = Door::open();
    let mut client = door.client();
    for n in 0..50 {
        assert_eq!(client.get(&format!("/open/{n}")).status, 200);
    }
    assert_eq!(door.upstream.seen().len(), 50);
    assert_eq!(door.upstream.connections(), 1);
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let door = Door::before(Upstream::start(|seen, socket| {
        let body = seen.line().to_owned();
        socket
            .write_all(
                format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                )
                .as_bytes(),
            )
            .is_ok()
    }));
    let mut client = door.client();
    for n in 0..40 {
        client.send(format!("GET /open/{n} HTTP/1.1\r\nHost: t\r\n\r\n"));
    }
    for n in 0..40 {
        assert_eq!(client.answer().text(), format!("GET /open/{n} HTTP/1.1"));
    }
}

#[test]
fn an_upstream_that_closes_idle_connections_costs_no_get() {
    // Every connection is closed after two answers, without a word.
    let door = Door::before(Upstream::start(|seen, socket| {
        ok(seen, socket) && seen.nth < 1
    }));
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let address = door.address;
            std::thread::spawn(move || {
                let mut client = crate::client::Client::connect(address);
                (0..250)
                    .filter(|n| client.get(&format!("/open/{n}")).status != 200)
                    .count()
            })
        })
        .collect();
    let failed: usize = clients
        .into_iter()
        .map(|client| client.join().unwrap())
        .sum();
    assert_eq!(failed, 0, "of 2000");
}

#[test]
fn a_get_is_sent_once_more_when_its_kept_connection_closes_under_it_and_a_post_is_not() {
    // The second request on a connection is read and dropped.
    let door = Door::before(Upstream::start(|seen, socket| {
        seen.nth == 0 && ok(seen, socket)
    }));
    let mut client = door.client();
    assert_eq!(client.get("/open/first").status, 200);
    assert_eq!(
        client.get("/open/second").status,
        200,
        "repeated on a new connection"
    );
    let lines: Vec<String> = door
        .upstream
        .seen()
        .iter()
        .map(|seen| seen.line().to_owned())
        .collect();
    assert_eq!(
        lines.iter().filter(|line| line.contains("second")).count(),
        2
    );

    let post = "POST /open/post HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nhi";
    let answer = client.send(post).answer();
    assert_eq!(answer.status, 502, "nobody knows whether it was done");
    let posts = door
        .upstream
        .seen()
        .iter()
        .filter(|seen| seen.line().contains("post"))
        .count();
    assert_eq!(posts, 1);
}

#[test]
fn a_get_is_not_sent_a_third_time() {
    let door = Door::before(Upstream::start(|seen, socket| {
        seen.line().contains("fine") && ok(seen, socket)
    }));
    let mut client = door.client();
    assert_eq!(client.get("/open/fine").status, 200);
    assert_eq!(client.get("/open/never").status, 502);
    let tries = door
        .upstream
        .seen()
        .iter()
        .filter(|seen| seen.line().contains("never"))
        .count();
    assert_eq!(tries, 2);
}

#[test]
fn a_client_that_leaves_takes_its_upstream_connection_along() {
    let door = Door::before(Upstream::start(|seen, socket| {
        if seen.line().contains("slow") {
            std::thread::sleep(std::time::Duration::from_millis(300));
        }
        ok(seen, socket)
    }));
    let mut leaving = door.client();
    leaving.send("GET /open/slow HTTP/1.1\r\nHost: t\r\n\r\n");
    crate::door::eventually("it is under way", || !door.upstream.seen().is_empty());
    drop(leaving);
    crate::door::eventually("it is logged as left", || {
        door.log.text().contains("\"status\":499")
    });
    assert_eq!(door.get("/open/next").status, 200);
}

#[test]
fn http_1_0_clients_are_served_and_closed() {
    let door = Door::open();
    let mut client = door.client();
    assert_eq!(
        client.send("GET /open HTTP/1.0\r\n\r\n").answer().status,
        200
    );
    assert!(client.is_closed());
    assert_eq!(door.upstream.last().line(), "GET /open HTTP/1.1");
}
