//! The chunked transfer coding of RFC 9112 §7.1, followed without being decoded.

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
        while let Some(&byte) = bytes.get(taken) {
            if let State::Data { left } = self.state {
                let here = u64::try_from(bytes.len().saturating_sub(taken)).unwrap_or(u64::MAX);
                let run = left.min(here);
                taken = taken.saturating_add(usize::try_from(run).unwrap_or(usize::MAX));
                self.state = match left.saturating_sub(run) {
                    0 => State::DataCr,
                    left => State::Data { left },
                };
                continue;
            }
            taken = taken.saturating_add(1);
            if matches!(self.state, State::EndLf) {
                return if byte == b'\n' {
                    Ok((taken, true))
                } else {
                    Err(Refusal::BodyFraming)
                };
            }
            self.state = self.next(byte).ok_or(Refusal::BodyFraming)?;
        }
        Ok((taken, false))
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
