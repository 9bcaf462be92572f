//! The client's body on its way to the upstream: counted, limited, and blamed on the right side.

use crate::guarded_stream::StreamTimes;
use crate::pace::Pace;
use crate::refusal::Refusal;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use tokio::time::Instant;

/// How a body is getting on, seen from outside while the upstream connection owns it.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    bytes: AtomicU64,
    done: AtomicBool,
    waiting_for_client: AtomicBool,
    failure: OnceLock<Refusal>,
}

impl Progress {
    /// Bytes passed on so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Whether the whole body was passed on.
    pub(crate) fn is_done(&self) -> bool {
        self.done.load(Ordering::Relaxed)
    }

    /// Whether the upstream would take more and the client sends none.
    pub(crate) fn waits_for_client(&self) -> bool {
        self.waiting_for_client.load(Ordering::Relaxed)
    }

    /// What the client did wrong, if it did.
    pub(crate) fn failure(&self) -> Option<Refusal> {
        self.failure.get().copied()
    }
}

/// A body that the client is at fault for.
#[derive(Debug, thiserror::Error)]
#[error("the request body failed: {}", .0.label())]
pub(crate) struct BodyError(Refusal);

/// A request body for the upstream; most requests have none.
#[derive(Debug, Default)]
pub(crate) struct RequestBody {
    stream: Option<Stream>,
}

#[derive(Debug)]
struct Stream {
    incoming: Incoming,
    left: u64,
    /// How fast the client must be, and when it must be done.
    pace: Option<Box<(Pace, Instant)>>,
    progress: Arc<Progress>,
}

impl RequestBody {
    /// Wraps the client's body; `None` for the progress of a body that is not there.
    ///
    /// The guarded stream keeps the time of HTTP/1 bodies; for those of HTTP/2 the times are given.
    pub(crate) fn new(
        incoming: Incoming,
        limit: u64,
        times: Option<StreamTimes>,
    ) -> (Self, Option<Arc<Progress>>) {
        if incoming.is_end_stream() {
            return (Self::default(), None);
        }
        let progress = Arc::new(Progress::default());
        let stream = Stream {
            incoming,
            left: limit,
            pace: times.map(|times| {
                let pace = Pace::new(times.idle, times.bytes_per_second);
                Box::new((pace, Instant::now() + times.body))
            }),
            progress: Arc::clone(&progress),
        };
        (
            Self {
                stream: Some(stream),
            },
            Some(progress),
        )
    }
}

impl RequestBody {
    /// Whether there is no body.
    pub(crate) fn is_none(&self) -> bool {
        self.stream.is_none()
    }
}

impl Stream {
    fn take(&mut self, data: Bytes) -> Result<Frame<Bytes>, BodyError> {
        let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
        self.left = match self.left.checked_sub(length) {
            Some(left) => left,
            None => return Err(self.fail(Refusal::BodyTooLarge)),
        };
        if let Some((pace, _)) = self.pace.as_deref_mut() {
            pace.note(data.len());
        }
        self.progress.bytes.fetch_add(length, Ordering::Relaxed);
        if self.incoming.is_end_stream() {
            self.progress.done.store(true, Ordering::Relaxed);
        }
        Ok(Frame::data(data))
    }

    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<BodyError> {
        let Some((pace, end)) = self.pace.as_deref_mut() else {
            return Poll::Pending;
        };
        std::task::ready!(pace.poll_late(cx, Some(*end)));
        Poll::Ready(self.fail(Refusal::BodyTimeout))
    }

    fn fail(&self, refusal: Refusal) -> BodyError {
        BodyError(*self.progress.failure.get_or_init(|| refusal))
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Some(stream) = &mut self.stream else {
            return Poll::Ready(None);
        };
        let waits = &stream.progress.waiting_for_client;
        let polled = Pin::new(&mut stream.incoming).poll_frame(cx);
        waits.store(polled.is_pending(), Ordering::Relaxed);
        match polled {
            Poll::Pending => stream.poll_late(cx).map(|error| Some(Err(error))),
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => Poll::Ready(Some(stream.take(data))),
                // Trailers end a body. They are not forwarded: nobody vouches for them.
                Err(_trailers) => {
                    stream.progress.done.store(true, Ordering::Relaxed);
                    Poll::Ready(None)
                }
            },
            Poll::Ready(Some(Err(error))) => {
                Poll::Ready(Some(Err(stream.fail(client_fault(&error)))))
            }
            Poll::Ready(None) => {
                stream.progress.done.store(true, Ordering::Relaxed);
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.stream
            .as_ref()
            .is_none_or(|stream| stream.incoming.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.stream
            .as_ref()
            .map_or(SizeHint::with_exact(0), |stream| {
                stream.incoming.size_hint()
            })
    }
}

/// The guarded stream says by the kind of I/O error what was wrong.
fn client_fault(error: &hyper::Error) -> Refusal {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        match cause.downcast_ref::<io::Error>().map(io::Error::kind) {
            Some(io::ErrorKind::TimedOut) => return Refusal::BodyTimeout,
            Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => {
                return Refusal::BodyFraming;
            }
            _ => source = cause.source(),
        }
    }
    Refusal::BodyCutShort
}
