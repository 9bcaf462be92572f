//! HTTP/2 by the encrypted door: what passes, what is refused, and who is given up on.

use crate::door::{Door, eventually};
use crate::tls_client::{Pair, body_of, get, http2, http2_with};
use crate::upstream::{Upstream, ok};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame};
use std::convert::Infallible;
use std::io::Write;
use std::rc::Rc;
use std::sync::Arc;

fn door_before(pair: &Pair, upstream: Upstream) -> Door {
    Door::with(upstream, |settings| {
        settings["tls"] = pair.settings();
        settings["timeouts"]["keep_alive_ms"] = 700.into();
    })
}

/// Runs a client against a door in front of an upstream that says ok.
fn with_door<F: Future<Output = ()>>(test: impl FnOnce(Arc<Pair>, Rc<Door>) -> F) {
    let pair = Arc::new(Pair::new());
    // Kept here too, because it ends outside of the client's runtime.
    let door = Rc::new(door_before(&pair, Upstream::start(ok)));
    run(test(pair, Rc::clone(&door)));
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test);
}

fn open_connections(door: &Door) -> Option<String> {
    let metrics = door.metrics();
    let line = metrics
        .lines()
        .find(|line| line.starts_with("mvp_gateway_open_connections "))?;
    line.rsplit(' ').next().map(str::to_owned)
}

#[test]
fn requests_reach_the_upstream_as_those_of_http11_do() {
    with_door(|pair, door| async move {
        let mut sender = http2(&pair, &door).await;
        let mut request = get("/open/%7Ea?q=1");
        let headers = request.headers_mut();
        headers.append("cookie", "a=1".parse().unwrap());
        headers.append("cookie", "b=2".parse().unwrap());
        headers.insert("x-user-id", "root".parse().unwrap());
        headers.insert("x-forwarded-for", "9.9.9.9".parse().unwrap());
        let answer = sender.send_request(request).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(
            answer.headers()["strict-transport-security"],
            "max-age=31536000"
        );
        assert!(answer.headers().contains_key("x-request-id"));
        assert_eq!(body_of(answer).await, "ok");
        let seen = door.upstream.last();
        assert_eq!(seen.line(), "GET /open/~a?q=1 HTTP/1.1");
        let of = |name: &str| seen.header(name);
        assert_eq!(of("cookie").as_deref(), Some("a=1; b=2"));
        assert_eq!(of("x-forwarded-host").as_deref(), Some("localhost"));
        assert_eq!(of("x-forwarded-proto").as_deref(), Some("https"));
        assert_eq!(of("x-forwarded-for").as_deref(), Some("127.0.0.1"));
        assert_eq!(of("x-user-id"), None);

        let post = Request::post("https://localhost/open")
            .body(Full::from("payload"))
            .unwrap();
        assert_eq!(sender.send_request(post).await.unwrap().status(), 200);
        assert_eq!(door.upstream.last().body, b"payload");
        let head = Request::head("https://localhost/open")
            .body(Full::default())
            .unwrap();
        assert_eq!(sender.send_request(head).await.unwrap().status(), 200);
    });
}

fn with(name: &'static str, value: &str) -> Request<Full<Bytes>> {
    let mut request = get("/open");
    request.headers_mut().append(name, value.parse().unwrap());
    request
}

fn of(method: &str) -> Request<Full<Bytes>> {
    let mut request = get("/open");
    *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
    request
}

fn hostile() -> Vec<(&'static str, Request<Full<Bytes>>, u16)> {
    let mut twice = with("x-api-key", "a");
    twice
        .headers_mut()
        .append("x-api-key", "b".parse().unwrap());
    let mut with_body = get("/open");
    *with_body.body_mut() = Full::from("GET /private HTTP/1.1\r\n\r\n");
    let mut many = get("/open");
    for _ in 0..101 {
        many.headers_mut().append("x", "y".parse().unwrap());
    }
    let mut large = of("POST");
    *large.body_mut() = Full::from(vec![b'x'; 2000]);
    let mut userinfo = get("/open");
    *userinfo.uri_mut() = "https://a@localhost/open".parse().unwrap();
    vec![
        ("dot segments", get("/open/../private"), 400),
        ("encoded dots", get("/open/%2e%2e/private"), 400),
        ("encoded slash", get("/open/a%2fb"), 400),
        ("empty segment", get("/open//x"), 400),
        ("underscore", with("x_user_id", "root"), 400),
        ("another host", with("host", "elsewhere"), 400),
        ("two keys", twice, 400),
        ("expectation", with("expect", "gold"), 400),
        ("body of a GET", with_body, 400),
        ("userinfo", userinfo, 400),
        ("too many headers", many, 431),
        (
            "long target",
            get(&format!("/open/{}", "a".repeat(9000))),
            414,
        ),
        ("large body", large, 413),
        ("TRACE", of("TRACE"), 405),
        ("method", of("BREW"), 501),
        ("no route", get("/nowhere"), 404),
        ("no key", get("/private"), 401),
    ]
}

#[test]
fn hostile_heads_get_the_refusals_of_http11_and_their_neighbours_go_on() {
    with_door(|pair, door| async move {
        let mut sender = http2(&pair, &door).await;
        for (name, request, status) in hostile() {
            let answer = sender.send_request(request).await;
            let answer = answer.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(answer.status(), status, "{name}");
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
            assert!(!answer.headers().contains_key("connection"), "{name}");
        }
        assert!(door.upstream.raw().is_empty());
        assert_eq!(
            sender.send_request(get("/open")).await.unwrap().status(),
            200
        );
    });
}

#[test]
fn many_requests_share_one_connection() {
    with_door(|pair, door| async move {
        let sender = http2(&pair, &door).await;
        let asked: Vec<_> = (0..300)
            .map(|_| {
                let mut sender = sender.clone();
                tokio::spawn(async move {
                    let answer = sender.send_request(get("/big")).await.unwrap();
                    body_of(answer).await
                })
            })
            .collect();
        for answer in asked {
            assert_eq!(answer.await.unwrap(), "ok");
        }
        assert_eq!(open_connections(&door).as_deref(), Some("1"));
    });
}

#[test]
fn a_flood_of_resets_leaves_others_served() {
    with_door(|pair, door| async move {
        let sender = http2(&pair, &door).await;
        for _ in 0..3_000 {
            let mut sender = sender.clone();
            // Sent, and taken back before the answer.
            let sent = tokio::spawn(async move { sender.send_request(get("/open")).await });
            tokio::task::yield_now().await;
            sent.abort();
        }
        let mut other = http2(&pair, &door).await;
        assert_eq!(
            other.send_request(get("/open")).await.unwrap().status(),
            200
        );
        assert_eq!(door.get("/open").status, 200);
    });
}

#[test]
fn a_client_that_does_not_read_its_answer_is_given_up_on() {
    let pair = Pair::new();
    let upstream = Upstream::start(|_, socket| {
        let body = vec![b'x'; 8 << 20];
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        socket.write_all(head.as_bytes()).is_ok() && socket.write_all(&body).is_ok()
    });
    let door = Rc::new(door_before(&pair, upstream));
    let watching = Rc::clone(&door);
    run(async move {
        let mut sender = http2(&pair, &watching).await;
        let answer = sender.send_request(get("/open")).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        // The window is never opened again: nobody reads the body, and nobody hangs up.
        // The connection is driven by another thread.
        eventually("the connection is closed", || {
            open_connections(&watching).as_deref() == Some("0")
        });
        assert!(answer.into_body().collect().await.is_err());
    });
}

#[test]
fn a_body_that_stops_coming_is_408() {
    with_door(|pair, door| async move {
        let mut sender = http2_with(&pair, &door, |_| {}).await;
        let (pieces, stream) = tokio::sync::mpsc::unbounded_channel();
        pieces.send(Bytes::from("some")).unwrap();
        let stream = Pieces(stream);
        let request = Request::post("https://localhost/open")
            .body(StreamBody::new(stream))
            .unwrap();
        let answer = sender.send_request(request).await.unwrap();
        assert_eq!(answer.status(), 408);
        drop(pieces);
    });
}

/// Pieces of a body as they are sent.
struct Pieces(tokio::sync::mpsc::UnboundedReceiver<Bytes>);

impl futures_util::Stream for Pieces {
    type Item = Result<Frame<Bytes>, Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0
            .poll_recv(cx)
            .map(|piece| piece.map(|p| Ok(Frame::data(p))))
    }
}

#[test]
fn an_idle_connection_is_closed() {
    with_door(|pair, door| async move {
        let mut sender = http2(&pair, &door).await;
        assert_eq!(
            sender.send_request(get("/open")).await.unwrap().status(),
            200
        );
        let silent = http2(&pair, &door).await;
        // The connection is driven by another thread.
        eventually("both are closed", || {
            open_connections(&door).as_deref() == Some("0")
        });
        assert!(sender.send_request(get("/open")).await.is_err());
        drop(silent);
    });
}

#[test]
fn a_connection_that_is_used_stays_however_short_its_requests_are() {
    with_door(|pair, door| async move {
        let mut sender = http2(&pair, &door).await;
        // Longer than a silent connection, and than an idle one, is kept.
        for _ in 0..30 {
            let answer = sender.send_request(get("/open")).await;
            assert_eq!(answer.unwrap().status(), 200);
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    });
}

#[test]
fn what_is_in_flight_when_the_gateway_stops_is_answered() {
    let pair = Pair::new();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let upstream = Upstream::start(move |seen, socket| {
        released.lock().unwrap().recv().unwrap();
        ok(seen, socket)
    });
    let mut door = door_before(&pair, upstream);
    run(async {
        let mut sender = http2(&pair, &door).await;
        let asked = tokio::spawn(async move {
            let answer = sender.send_request(get("/open")).await.unwrap();
            body_of(answer).await
        });
        while door.upstream.seen().is_empty() {
            tokio::task::yield_now().await;
        }
        let stopped = door.stop();
        release.send(()).unwrap();
        assert_eq!(asked.await.unwrap(), "ok");
        stopped.await.unwrap();
    });
}
