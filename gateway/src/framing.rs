//! Where one request ends and the next begins on a connection, byte by byte.
//!
//! The tracker lets the HTTP library see a head only after it was judged, and follows bodies just
//! far enough to know where the next head begins. Its reading of chunked coding is RFC 9112 §7.1
//! to the letter; whatever departs from it is refused, so it cannot disagree with a second reader.

use crate::chunked::Chunked;
use crate::head::{BodyFraming, HeadLimits, judge};
use crate::refusal::Refusal;
use memchr::memchr;

/// What the connection is in the middle of.
#[derive(Debug, Clone, Copy)]
enum Position {
    /// Between requests or within a head, of which so many bytes were already looked at.
    Head { scanned: usize, lines: usize },
    /// Within a body of known length.
    Length(u64),
    /// Within a chunked body.
    Chunked(Chunked),
}

/// The place between two requests.
const NEXT_HEAD: Position = Position::Head {
    scanned: 0,
    lines: 0,
};

/// Follows the requests of one connection.
#[derive(Debug)]
pub(crate) struct Tracker {
    position: Position,
    limits: HeadLimits,
    heads: u64,
}

/// How far a run of bytes is good.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    /// So many bytes may be handed on; the rest is an incomplete head, to be presented again.
    pub(crate) passed: usize,
    /// What was wrong right after the passed bytes.
    pub(crate) refused: Option<Refusal>,
}

impl Tracker {
    /// A tracker for a new connection.
    pub(crate) fn new(limits: HeadLimits) -> Self {
        Self {
            position: NEXT_HEAD,
            limits,
            heads: 0,
        }
    }

    /// How many heads were complete and good.
    pub(crate) fn heads(&self) -> u64 {
        self.heads
    }

    /// Whether the next byte belongs to a head.
    pub(crate) fn in_head(&self) -> bool {
        matches!(self.position, Position::Head { .. })
    }

    /// Looks at bytes that follow those already passed.
    pub(crate) fn follow(&mut self, bytes: &[u8]) -> Progress {
        let mut passed = 0_usize;
        loop {
            let rest = bytes.get(passed..).unwrap_or_default();
            if rest.is_empty() {
                return Progress {
                    passed,
                    refused: None,
                };
            }
            match self.step(rest) {
                Ok(0) => {
                    return Progress {
                        passed,
                        refused: None,
                    };
                }
                Ok(taken) => passed = passed.saturating_add(taken),
                Err(refusal) => {
                    return Progress {
                        passed,
                        refused: Some(refusal),
                    };
                }
            }
        }
    }

    /// How many bytes of a non-empty run are good; 0 when more must come first.
    fn step(&mut self, rest: &[u8]) -> Result<usize, Refusal> {
        match self.position {
            Position::Head { scanned, lines } => self.step_head(rest, scanned, lines),
            Position::Length(left) => {
                let here = u64::try_from(rest.len()).unwrap_or(u64::MAX);
                let taken = left.min(here);
                let left = left.saturating_sub(taken);
                self.position = if left == 0 {
                    NEXT_HEAD
                } else {
                    Position::Length(left)
                };
                Ok(usize::try_from(taken).unwrap_or(rest.len()))
            }
            Position::Chunked(mut chunked) => {
                let (taken, ended) = chunked.follow(rest)?;
                self.position = if ended {
                    NEXT_HEAD
                } else {
                    Position::Chunked(chunked)
                };
                Ok(taken)
            }
        }
    }

    fn step_head(
        &mut self,
        rest: &[u8],
        mut scanned: usize,
        mut lines: usize,
    ) -> Result<usize, Refusal> {
        while let Some(offset) = memchr(b'\n', rest.get(scanned..).unwrap_or_default()) {
            let line_feed = scanned.saturating_add(offset);
            let before = line_feed.checked_sub(1).and_then(|i| rest.get(i));
            if before != Some(&b'\r') {
                return Err(Refusal::BareLf);
            }
            let empty = scanned.saturating_add(1) == line_feed;
            scanned = line_feed.saturating_add(1);
            if scanned > self.limits.head_bytes {
                return Err(self.too_large(rest));
            }
            if empty && lines > 0 {
                let head = rest.get(..scanned).unwrap_or_default();
                self.position = match judge(head, self.limits)? {
                    BodyFraming::None => NEXT_HEAD,
                    BodyFraming::Length(length) => Position::Length(length),
                    BodyFraming::Chunked => Position::Chunked(Chunked::default()),
                };
                self.heads = self.heads.wrapping_add(1);
                return Ok(scanned);
            }
            // A second empty line before the request line is one too many.
            if empty && line_feed > 1 {
                return Err(Refusal::RequestLine);
            }
            lines = lines.saturating_add(usize::from(!empty));
        }
        if rest.len() > self.limits.head_bytes {
            return Err(self.too_large(rest));
        }
        self.position = Position::Head { scanned, lines };
        Ok(0)
    }

    /// A head that outgrows its limit within the request line has too long a target.
    fn too_large(&self, head: &[u8]) -> Refusal {
        match memchr(b'\n', head) {
            Some(end) if end <= self.limits.head_bytes => Refusal::HeadTooLarge,
            _ => Refusal::TargetTooLong,
        }
    }
}

#[cfg(test)]
#[path = "framing_tests.rs"]
mod tests;
