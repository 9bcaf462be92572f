//! What goes out on a connection to an upstream: a head, and the body as the client sends it.

use super::onward::{Framing, Onward};
use crate::request_body::RequestBody;
use bytes::{Buf, Bytes};
use http::HeaderValue;
use http_body::Body;
use std::io::{self, IoSlice, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::AsyncWrite;

/// Pieces of a body up to this size are copied behind the head and leave with it.
const SMALL_BYTES: usize = 8 * 1024;

/// A request that is being sent; its buffer serves every request of the connection.
#[derive(Default)]
pub(super) struct Sending {
    /// The head, the framing of chunks, and small pieces.
    text: Vec<u8>,
    /// How much of the text has left.
    gone: usize,
    /// A large piece, which follows the text.
    piece: Bytes,
    framing: Framing,
    body: RequestBody,
    /// Whether the line end of a chunk is still to be written.
    owes_line_end: bool,
    /// Whether a byte has left, or a piece of the body was taken.
    begun: bool,
    state: State,
}

/// How far a request is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// More of the body is to come.
    Coming,
    /// All is here, and leaves.
    #[default]
    Leaving,
    /// It can never be whole: half a body must not be sent on as a whole one.
    Failed,
}

impl Sending {
    /// Begins a request; the one before is over.
    pub(super) fn begin(&mut self, onward: &mut Onward<'_>, host: &HeaderValue, left: Duration) {
        self.text.clear();
        onward.write_head(host, left, &mut self.text);
        self.gone = 0;
        self.piece = Bytes::new();
        self.owes_line_end = false;
        self.framing = onward.framing();
        self.state = match self.framing {
            Framing::None => State::Leaving,
            Framing::Length(_) | Framing::Chunked => State::Coming,
        };
        self.begun = false;
        self.body = std::mem::take(&mut onward.body);
    }

    /// Whether everything has left.
    pub(super) fn is_done(&self) -> bool {
        self.state == State::Leaving && self.is_empty()
    }

    /// The body, if nothing of the request has left.
    pub(super) fn take_unsent(&mut self) -> Option<RequestBody> {
        (!self.begun).then(|| std::mem::take(&mut self.body))
    }

    fn is_empty(&self) -> bool {
        self.gone == self.text.len() && self.piece.is_empty()
    }

    /// Sends what there is; ready when that was all, or when nothing more will be sent.
    pub(super) fn poll(
        &mut self,
        socket: Pin<&mut impl AsyncWrite>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        if self.state == State::Failed {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let sent = self.poll_all(socket, cx);
        if matches!(sent, Poll::Ready(Err(_))) {
            self.state = State::Failed;
        }
        sent
    }

    fn poll_all(
        &mut self,
        mut socket: Pin<&mut impl AsyncWrite>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            self.gather(cx)?;
            if self.is_empty() {
                return match self.state {
                    State::Coming => Poll::Pending,
                    State::Leaving | State::Failed => Poll::Ready(Ok(())),
                };
            }
            let text = self.text.get(self.gone..).unwrap_or_default();
            let written = if self.piece.is_empty() {
                socket.as_mut().poll_write(cx, text)
            } else {
                let both = [IoSlice::new(text), IoSlice::new(&self.piece)];
                socket.as_mut().poll_write_vectored(cx, &both)
            };
            let count = ready!(written)?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.begun = true;
            let of_text = count.min(text.len());
            self.gone = self.gone.saturating_add(of_text);
            self.piece.advance(count.saturating_sub(of_text));
        }
    }

    /// Takes what the client has sent of the body, until there is enough to write.
    fn gather(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        while self.state == State::Coming && self.piece.is_empty() {
            if self.gone == self.text.len() {
                self.text.clear();
                self.gone = 0;
            } else if self.text.len() >= SMALL_BYTES {
                return Ok(());
            }
            if std::mem::take(&mut self.owes_line_end) {
                self.text.extend_from_slice(b"\r\n");
            }
            match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Pending => return Ok(()),
                Poll::Ready(None) => self.end()?,
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        self.take(data)?;
                    }
                }
                // The client's fault, which its progress tells.
                Poll::Ready(Some(Err(_))) => return Err(io::ErrorKind::Interrupted.into()),
            }
        }
        Ok(())
    }

    fn take(&mut self, data: Bytes) -> io::Result<()> {
        self.begun = true;
        let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
        match &mut self.framing {
            Framing::Length(left) => {
                // More than was announced would be read as the next request.
                *left = left.checked_sub(length).ok_or(io::ErrorKind::InvalidData)?;
                self.put(data);
                if self.body.is_end_stream() {
                    self.end()?;
                }
            }
            // A chunk of no bytes would be the last one.
            Framing::Chunked if length > 0 => {
                write!(self.text, "{length:x}\r\n")?;
                self.put(data);
                self.owes_line_end = true;
            }
            Framing::Chunked | Framing::None => {}
        }
        Ok(())
    }

    fn put(&mut self, data: Bytes) {
        if data.len() > SMALL_BYTES {
            self.piece = data;
        } else {
            self.text.extend_from_slice(&data);
        }
    }

    fn end(&mut self) -> io::Result<()> {
        match self.framing {
            // An upstream that waits for the rest would wait for ever.
            Framing::Length(1..) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Framing::Chunked => self.text.extend_from_slice(b"0\r\n\r\n"),
            Framing::Length(0) | Framing::None => {}
        }
        self.state = State::Leaving;
        Ok(())
    }
}
