//! An answer's body, compressed on its way: what has come is sent on whenever nothing more is there.

use crate::upstream::{AnswerStream, CutShort};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body::{Body, Frame};
use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll};

/// So much compressed text goes at once.
const PIECE_BYTES: usize = 16 * 1024;

/// A compressed answer.
pub(crate) struct GzipStream {
    source: AnswerStream,
    encoder: GzEncoder<Vec<u8>>,
    /// Whether the encoder holds text that was not sent.
    holds: bool,
    finished: bool,
}

impl GzipStream {
    /// Compresses what comes from an upstream.
    pub(crate) fn new(source: AnswerStream) -> Self {
        Self {
            source,
            // As nginx does it unless told otherwise: most of the gain for the least time.
            encoder: GzEncoder::new(Vec::new(), Compression::fast()),
            holds: false,
            finished: false,
        }
    }

    /// Whether everything was sent.
    pub(crate) fn is_over(&self) -> bool {
        self.finished && self.encoder.get_ref().is_empty()
    }

    /// The next piece; writing to memory cannot fail, but an encoder that has would end the answer.
    pub(crate) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutShort>>> {
        loop {
            let ready_bytes = self.encoder.get_ref().len();
            if ready_bytes >= PIECE_BYTES || (self.finished && ready_bytes > 0) {
                return Poll::Ready(Some(Ok(self.take())));
            }
            if self.finished {
                return Poll::Ready(None);
            }
            let written = match Pin::new(&mut self.source).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => {
                        self.holds = true;
                        self.encoder.write_all(&data)
                    }
                    Err(_trailers) => Ok(()),
                },
                Poll::Ready(Some(Err(cut))) => return Poll::Ready(Some(Err(cut))),
                Poll::Ready(None) => {
                    self.finished = true;
                    self.encoder.try_finish()
                }
                Poll::Pending if self.holds => {
                    self.holds = false;
                    return Poll::Ready(Some(match self.encoder.flush() {
                        Ok(()) => Ok(self.take()),
                        Err(_) => Err(CutShort),
                    }));
                }
                Poll::Pending => return Poll::Pending,
            };
            if written.is_err() {
                return Poll::Ready(Some(Err(CutShort)));
            }
        }
    }

    fn take(&mut self) -> Frame<Bytes> {
        Frame::data(Bytes::from(std::mem::take(self.encoder.get_mut())))
    }
}
