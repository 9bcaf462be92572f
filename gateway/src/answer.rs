//! Answers on their way to the client: those of an upstream, and the gateway's own.

use crate::gzip::GzipStream;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::request_headers::{REQUEST_ID, drop_hop_by_hop, drop_named_in_connection};
use crate::upstream::{AnswerStream, CutShort};
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use problem::{Code, Problem};
use std::pin::Pin;
use std::task::{Context, Poll};

/// The body of an answer, with the record of its request.
pub(crate) struct AnswerBody {
    source: Source,
    record: Box<Record>,
    failed: bool,
}

enum Source {
    Own(Option<Bytes>),
    Upstream(AnswerStream),
    Gzip(Box<GzipStream>),
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = CutShort;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutShort>>> {
        let this = &mut *self;
        if this.failed {
            return Poll::Ready(Some(Err(CutShort)));
        }
        let polled = match &mut this.source {
            Source::Own(bytes) => Poll::Ready(bytes.take().map(|b| Ok(Frame::data(b)))),
            Source::Upstream(stream) => Pin::new(stream).poll_frame(cx),
            Source::Gzip(stream) => stream.poll_frame(cx),
        };
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                let length = frame.data_ref().map_or(0, Bytes::len);
                let length = u64::try_from(length).unwrap_or(u64::MAX);
                this.record.bytes_out = this.record.bytes_out.saturating_add(length);
            }
            Poll::Ready(Some(Err(CutShort))) => {
                // Once more around, so that what did come leaves before the connection is aborted.
                this.record.cut_short = true;
                this.failed = true;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            _ => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Own(bytes) => bytes.is_none(),
            Source::Upstream(stream) => stream.is_end_stream(),
            Source::Gzip(stream) => stream.is_over(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Own(bytes) => {
                let length = bytes.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
            }
            Source::Upstream(stream) => stream.size_hint(),
            Source::Gzip(_) => SizeHint::default(),
        }
    }
}

/// Passes an upstream's answer on, or refuses it when it breaks the protocol.
pub(crate) fn of_upstream(
    mut response: Response<AnswerStream>,
    record: Box<Record>,
) -> Response<AnswerBody> {
    // A switch of protocol nobody asked for.
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        response.body_mut().distrust();
        return of_refusal(Refusal::UpstreamBroken, record, None);
    }
    let status = response.status();
    if record.dress.prepare_gzip(status, response.headers_mut()) {
        let gzip = |stream| Source::Gzip(Box::new(GzipStream::new(stream)));
        return seal(response, record, gzip);
    }
    seal(response, record, Source::Upstream)
}

fn drop_for_this_hop(headers: &mut HeaderMap) {
    drop_named_in_connection(headers);
    drop_hop_by_hop(headers);
}

/// The problem that a refusal is answered with.
pub(crate) fn of_refusal(
    refusal: Refusal,
    mut record: Box<Record>,
    allow: Option<HeaderValue>,
) -> Response<AnswerBody> {
    record.refused = Some(refusal);
    let code = refusal.code();
    let id = record.request_id.to_str().unwrap_or_default();
    let problem = Problem::new(code).detail(refusal.detail()).instance(id);
    let mut response = Response::new(Bytes::from(problem.to_json()));
    *response.status_mut() =
        StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(problem::CONTENT_TYPE),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    note_in_headers(headers, refusal, allow);
    if let Some(seconds) = record.retry_after_s {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    seal(response, record, |body| Source::Own(Some(body)))
}

fn note_in_headers(headers: &mut HeaderMap, refusal: Refusal, allow: Option<HeaderValue>) {
    if let Some(allow) = allow {
        headers.insert(header::ALLOW, allow);
    }
    if let Some(challenge) = refusal.challenge() {
        headers.insert(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static(challenge),
        );
    }
    if refusal.code() == Code::Unavailable {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    if refusal.closes_connection() {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
}

/// An answer that the gateway gives itself.
pub(crate) fn of_json(
    status: StatusCode,
    json: Vec<u8>,
    record: Box<Record>,
) -> Response<AnswerBody> {
    let mut response = Response::new(Bytes::from(json));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    seal(response, record, |body| Source::Own(Some(body)))
}

/// The joined API document, or its page.
pub(crate) fn of_docs(
    media_type: &'static str,
    body: Bytes,
    record: Box<Record>,
) -> Response<AnswerBody> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, media_type),
        (header::CACHE_CONTROL, "no-cache"),
        (
            header::CONTENT_SECURITY_POLICY,
            crate::docs::CONTENT_SECURITY,
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    seal(response, record, |body| Source::Own(Some(body)))
}

/// An upstream's agreement to another protocol.
pub(crate) fn of_switch(mut headers: HeaderMap, record: Box<Record>) -> Response<AnswerBody> {
    drop_for_this_hop(&mut headers);
    crate::tunnel::say(&mut headers);
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    *response.headers_mut() = headers;
    seal(response, record, |()| Source::Own(None))
}

/// Tells a browser what a page may do; the policy of the route says it.
pub(crate) fn of_preflight(record: Box<Record>) -> Response<AnswerBody> {
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::NO_CONTENT;
    seal(response, record, |()| Source::Own(None))
}

/// Sends the client to another place with the same method and body.
pub(crate) fn of_redirect(location: HeaderValue, record: Box<Record>) -> Response<AnswerBody> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    response.headers_mut().insert(header::LOCATION, location);
    seal(response, record, |body| Source::Own(Some(body)))
}

/// Every answer carries the id of its request.
fn seal<B>(
    response: Response<B>,
    mut record: Box<Record>,
    source: impl FnOnce(B) -> Source,
) -> Response<AnswerBody> {
    record.status = Some(response.status());
    let (mut parts, body) = response.into_parts();
    parts.headers.insert(REQUEST_ID, record.request_id.clone());
    record.dress.put_on(&mut parts.headers);
    Response::from_parts(
        parts,
        AnswerBody {
            source: source(body),
            record,
            failed: false,
        },
    )
}
