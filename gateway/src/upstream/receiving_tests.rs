//! Tests of how answers are read, however they are cut into pieces.

use super::*;
use std::future::poll_fn;
use std::pin::Pin;
use tokio::io::ReadBuf;

/// A socket that gives so many bytes at a time, then ends.
struct Drip<'a>(&'a [u8], usize);

impl AsyncRead for Drip<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let count = self.0.len().min(self.1).min(buf.remaining());
        let (now, later) = self.0.split_at(count);
        buf.put_slice(now);
        self.0 = later;
        Poll::Ready(Ok(()))
    }
}

struct Read {
    response: Response<()>,
    body: Vec<u8>,
    complete: bool,
    may_follow: bool,
}

async fn read_by(bytes: &[u8], method: &Method, step: usize) -> Result<Read, NoHead> {
    let mut socket = Drip(bytes, step);
    let mut receiving = Receiving::default();
    let response = poll_fn(|cx| receiving.poll_head(&mut socket, method, cx)).await?;
    let mut body = Vec::new();
    let complete = loop {
        match poll_fn(|cx| receiving.poll_piece(&mut socket, cx)).await {
            Some(Ok(piece)) => {
                assert!(!piece.is_empty());
                body.extend_from_slice(&piece);
            }
            Some(Err(_)) => break false,
            None => break true,
        }
    };
    Ok(Read {
        response,
        body,
        complete,
        may_follow: receiving.may_follow(),
    })
}

async fn read(bytes: &[u8]) -> Result<Read, NoHead> {
    read_by(bytes, &Method::GET, usize::MAX).await
}

#[tokio::test]
async fn an_answer_is_the_same_however_it_arrives() {
    for (answer, body) in [
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello",
            "hello",
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-A: b\r\n\r\n", ""),
        (
            "HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: Chunked\r\n\r\n5;x=y\r\nhello\r\nA\r\n, everybody\r\n0\r\nT: u\r\n\r\n",
            "",
        ),
        (
            "HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\nB\r\n, everybody\r\n0\r\nT: u\r\n\r\n",
            "hello, everybody",
        ),
        (
            "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 2\r\n\r\nok",
            "ok",
        ),
    ] {
        let good = !body.is_empty() || answer.contains("Length: 0");
        for step in 1..=answer.len() {
            let read = read_by(answer.as_bytes(), &Method::GET, step)
                .await
                .unwrap();
            assert_eq!(read.response.status(), StatusCode::OK);
            assert_eq!(read.response.headers()["x-a"], "b");
            // The one chunk that is longer than it says.
            assert_eq!(
                (read.complete, read.may_follow),
                (good, good),
                "{step}: {answer}"
            );
            if good {
                assert_eq!(read.body, body.as_bytes(), "{step}: {answer}");
            }
        }
    }
}

#[tokio::test]
async fn a_long_body_comes_in_pieces_that_grow_to_a_limit() {
    let mut answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n".to_vec();
    answer.resize(answer.len() + 1_000_000, b'x');
    let mut socket = Drip(&answer, usize::MAX);
    let mut receiving = Receiving::default();
    poll_fn(|cx| receiving.poll_head(&mut socket, &Method::GET, cx))
        .await
        .unwrap();
    let mut lengths = Vec::new();
    while let Some(piece) = poll_fn(|cx| receiving.poll_piece(&mut socket, cx)).await {
        lengths.push(piece.unwrap().len());
    }
    assert_eq!(lengths.iter().sum::<usize>(), 1_000_000);
    assert!(lengths.len() < 30, "{lengths:?}");
    assert!(lengths.iter().all(|it| *it < 2 * MOST_READ_BYTES));
}

#[tokio::test]
async fn what_has_no_body_has_none_and_the_rest_belongs_to_nobody() {
    for (answer, method) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", Method::HEAD),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            Method::HEAD,
        ),
        ("HTTP/1.1 204 No Content\r\n\r\n", Method::GET),
        (
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
            Method::GET,
        ),
    ] {
        let alone = read_by(answer.as_bytes(), &method, usize::MAX)
            .await
            .unwrap();
        assert!(
            alone.complete && alone.may_follow && alone.body.is_empty(),
            "{answer}"
        );
        let more = format!("{answer}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
        let more = read_by(more.as_bytes(), &method, usize::MAX).await.unwrap();
        assert!(
            more.complete && !more.may_follow && more.body.is_empty(),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_connection_that_will_be_closed_is_not_kept() {
    for answer in [
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\n\r\nok",
    ] {
        let read = read(answer.as_bytes()).await.unwrap();
        assert_eq!((read.body.as_slice(), read.complete), (&b"ok"[..], true));
        assert!(!read.may_follow, "{answer}");
    }
}

#[tokio::test]
async fn what_two_readers_could_understand_differently_is_refused() {
    for head in [
        "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\n\r\n",
        "\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n",
    ] {
        let refused = read(head.as_bytes()).await;
        assert!(matches!(refused, Err(NoHead::Broken)), "{head}");
    }
    let fields = "a: b\r\n".repeat(MAX_FIELDS + 1);
    let many = format!("HTTP/1.1 200 OK\r\n{fields}\r\n");
    assert!(matches!(read(many.as_bytes()).await, Err(NoHead::Broken)));
    let long = format!("HTTP/1.1 200 OK\r\na: {}", "b".repeat(MAX_HEAD_BYTES));
    assert!(matches!(read(long.as_bytes()).await, Err(NoHead::Broken)));
    assert!(matches!(
        read(b"HTTP/1.1 200 OK\r\n").await,
        Err(NoHead::Closed)
    ));
}

#[tokio::test]
async fn what_is_for_this_hop_ends_here() {
    let head = "HTTP/1.1 200 OK\r\nX-Named: a\r\nConnection: X-Named, keep-alive\r\nKeep-Alive: timeout=5\r\nUpgrade: h2c\r\n\
                X-Other: b\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n0\r\n\r\n";
    let read = read(head.as_bytes()).await.unwrap();
    let names: Vec<&str> = read
        .response
        .headers()
        .keys()
        .map(HeaderName::as_str)
        .collect();
    assert_eq!(names, ["x-other"]);
    assert!(read.may_follow);
}

#[tokio::test]
async fn a_reason_of_its_own_is_kept() {
    let reason = |answer: &'static str| async {
        let response = read(answer.as_bytes()).await.unwrap().response;
        let reason = response.extensions().get::<ReasonPhrase>();
        reason.map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned())
    };
    let own = reason("HTTP/1.1 299 Stale\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!(own.as_deref(), Some("Stale"));
    for plain in [
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
    ] {
        assert_eq!(reason(plain).await, None);
    }
}
