//! The chunked transfer coding of RFC 9112 §7.1, for those who only follow it and for those who want what it carries.

use crate::refusal::Refusal;

/// Chunk extensions are ignored by everybody; a long one only costs.
const MAX_EXTENSION_BYTES: u16 = 256;
/// Trailer fields are dropped; a long section only costs.
const MAX_TRAILER_BYTES: u16 = 4096;
/// Fifteen hexadecimal digits stay below `i64::MAX`.
const MAX_SIZE_DIGITS: u8 = 15;

/// Where in the coding the next byte belongs.
#[derive(Debug, Clone, Copy)]
enum State {
    Size { digits: u8 },
    Extension { bytes: u16 },
    SizeLf,
    Data { left: u64 },
    DataCr,
    DataLf,
    TrailerStart { bytes: u16 },
    Trailer { bytes: u16 },
    TrailerLf { bytes: u16 },
    EndLf,
}

/// A chunked body in progress.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chunked {
    state: State,
    size: u64,
}

/// Bytes that were taken: so many of the coding, then so many that it carries.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// Sizes, line ends, extensions, trailers.
    pub(crate) framing: usize,
    /// What the framing stands before.
    pub(crate) data: usize,
    /// Whether that was the end.
    pub(crate) ended: bool,
}

impl Default for Chunked {
    fn default() -> Self {
        Self {
            state: State::Size { digits: 0 },
            size: 0,
        }
    }
}

impl Chunked {
    /// Takes as many bytes as belong to the body; says how many and whether the body ended.
    pub(crate) fn follow(&mut self, bytes: &[u8]) -> Result<(usize, bool), Refusal> {
        let mut taken = 0_usize;
        while taken < bytes.len() {
            let run = self.run(bytes.get(taken..).unwrap_or_default())?;
            taken = taken.saturating_add(run.framing).saturating_add(run.data);
            if run.ended {
                return Ok((taken, true));
            }
        }
        Ok((taken, false))
    }

    /// Takes bytes up to the end of a chunk's data, of the bytes, or of the body.
    pub(crate) fn run(&mut self, bytes: &[u8]) -> Result<Run, Refusal> {
        let mut run = Run {
            framing: 0,
            data: 0,
            ended: false,
        };
        while let Some(&byte) = bytes.get(run.framing) {
            if let State::Data { left } = self.state {
                let here = bytes.len().saturating_sub(run.framing);
                run.data = here.min(usize::try_from(left).unwrap_or(usize::MAX));
                let data = u64::try_from(run.data).unwrap_or(u64::MAX);
                self.state = match left.saturating_sub(data) {
                    0 => State::DataCr,
                    left => State::Data { left },
                };
                return Ok(run);
            }
            run.framing = run.framing.saturating_add(1);
            if matches!(self.state, State::EndLf) {
                run.ended = byte == b'\n';
                return run.ended.then_some(run).ok_or(Refusal::BodyFraming);
            }
            self.state = self.next(byte).ok_or(Refusal::BodyFraming)?;
        }
        Ok(run)
    }

    fn next(&mut self, byte: u8) -> Option<State> {
        let text = byte == b'\t' || (byte >= 0x20 && byte != 0x7f);
        Some(match (self.state, byte) {
            (State::Size { digits }, _) => return self.next_of_size(digits, byte),
            (State::Extension { .. }, b'\r') => State::SizeLf,
            (State::Extension { bytes }, _) if text && bytes < MAX_EXTENSION_BYTES => {
                State::Extension {
                    bytes: bytes.saturating_add(1),
                }
            }
            (State::SizeLf, b'\n') if self.size == 0 => State::TrailerStart { bytes: 0 },
            (State::SizeLf, b'\n') => State::Data { left: self.size },
            (State::DataCr, b'\r') => State::DataLf,
            (State::DataLf, b'\n') => {
                self.size = 0;
                State::Size { digits: 0 }
            }
            (State::TrailerStart { .. }, b'\r') => State::EndLf,
            (State::Trailer { bytes }, b'\r') => State::TrailerLf { bytes },
            (State::TrailerLf { bytes }, b'\n') => State::TrailerStart { bytes },
            (State::TrailerStart { bytes } | State::Trailer { bytes }, _)
                if text && bytes < MAX_TRAILER_BYTES =>
            {
                State::Trailer {
                    bytes: bytes.saturating_add(1),
                }
            }
            _ => return None,
        })
    }

    fn next_of_size(&mut self, digits: u8, byte: u8) -> Option<State> {
        match byte {
            b'\r' if digits > 0 => Some(State::SizeLf),
            b';' if digits > 0 => Some(State::Extension { bytes: 0 }),
            _ if digits < MAX_SIZE_DIGITS => {
                let digit = char::from(byte).to_digit(16)?;
                self.size = self.size.checked_mul(16)?.checked_add(digit.into())?;
                Some(State::Size {
                    digits: digits.saturating_add(1),
                })
            }
            _ => None,
        }
    }
}
