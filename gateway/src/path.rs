//! The one spelling of a path that is routed, authorised and forwarded.
//!
//! A path that could mean two things to two readers is refused, not repaired: repairing it for the
//! check and forwarding the original is how `/public/../admin` gets through.

use crate::refusal::Refusal;
use std::borrow::Cow;

/// Oddities that are refused unless a route permits them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own in the settings"
)]
pub struct Oddities {
    /// A `;` in a segment: some servers cut the segment there.
    pub semicolon: bool,
    /// An empty segment, `//`.
    pub empty_segment: bool,
    /// `%2f`: one segment or two, depending on the reader.
    pub encoded_slash: bool,
    /// `%25`: decoded twice, it becomes something else.
    pub encoded_percent: bool,
}

impl Oddities {
    /// Whether every oddity here is among the permitted ones.
    pub(crate) fn within(self, permitted: Self) -> bool {
        (!self.semicolon || permitted.semicolon)
            && (!self.empty_segment || permitted.empty_segment)
            && (!self.encoded_slash || permitted.encoded_slash)
            && (!self.encoded_percent || permitted.encoded_percent)
    }
}

/// A path in its plain form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CanonicalPath<'a> {
    /// The spelling to route by and to forward.
    pub(crate) text: Cow<'a, str>,
    /// What a route must permit.
    pub(crate) oddities: Oddities,
}

/// Brings a path to its plain form or refuses it.
pub(crate) fn canonicalise(raw: &str) -> Result<CanonicalPath<'_>, Refusal> {
    if !raw.starts_with('/') {
        return Err(Refusal::Path);
    }
    if is_plain(raw.as_bytes()) {
        return Ok(CanonicalPath {
            text: Cow::Borrowed(raw),
            oddities: Oddities::default(),
        });
    }
    let mut oddities = Oddities::default();
    let text = decode_once(raw.as_bytes(), &mut oddities)?;
    judge_segments(&text, &mut oddities)?;
    Ok(CanonicalPath {
        text: Cow::Owned(text),
        oddities,
    })
}

/// Unreserved characters and slashes only, no `//` and no segment that begins with a dot.
fn is_plain(path: &[u8]) -> bool {
    let mut previous = 0_u8;
    path.iter().all(|&byte| {
        let after_slash = std::mem::replace(&mut previous, byte) == b'/';
        match byte {
            b'/' | b'.' => !after_slash,
            _ => is_unreserved(byte),
        }
    })
}

/// RFC 3986 §2.3.
const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// What RFC 3986 §3.3 permits in a segment beside the unreserved characters.
const fn is_other_pchar(byte: u8) -> bool {
    matches!(
        byte,
        b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b'=' | b':' | b'@'
    )
}

/// Decodes what is unreserved, and writes every other escape with capital digits.
fn decode_once(raw: &[u8], oddities: &mut Oddities) -> Result<String, Refusal> {
    let mut text = String::with_capacity(raw.len());
    // The bytes of one character outside ASCII, until it is known to be well-formed UTF-8.
    let mut beyond_ascii: Vec<u8> = Vec::new();
    let mut bytes = raw.iter().copied();
    while let Some(byte) = bytes.next() {
        let escaped = byte == b'%';
        let value = if escaped {
            escape_value(&mut bytes)?
        } else {
            byte
        };
        if escaped && value >= 0x80 {
            beyond_ascii.push(value);
        } else {
            check_utf8(&mut beyond_ascii)?;
        }
        match value {
            b'/' if !escaped => text.push('/'),
            b';' if !escaped => {
                oddities.semicolon = true;
                text.push(';');
            }
            b'/' => {
                oddities.encoded_slash = true;
                text.push_str("%2F");
            }
            b'%' => {
                oddities.encoded_percent = true;
                text.push_str("%25");
            }
            b'\\' | 0..=0x1f | 0x7f => return Err(Refusal::Path),
            _ if is_unreserved(value) || (!escaped && is_other_pchar(value)) => {
                text.push(char::from(value));
            }
            _ if escaped => {
                oddities.semicolon |= value == b';';
                push_escape(&mut text, value);
            }
            _ => return Err(Refusal::Path),
        }
    }
    check_utf8(&mut beyond_ascii)?;
    Ok(text)
}

fn escape_value(bytes: &mut impl Iterator<Item = u8>) -> Result<u8, Refusal> {
    let mut digit = || {
        let value = char::from(bytes.next()?).to_digit(16)?;
        u8::try_from(value).ok()
    };
    match (digit(), digit()) {
        (Some(high), Some(low)) => Ok((high << 4) | low),
        _ => Err(Refusal::Path),
    }
}

/// Overlong and broken UTF-8 is refused: `%c0%af` is a slash to a careless reader.
fn check_utf8(run: &mut Vec<u8>) -> Result<(), Refusal> {
    let good = std::str::from_utf8(run).is_ok();
    run.clear();
    good.then_some(()).ok_or(Refusal::Path)
}

fn push_escape(text: &mut String, value: u8) {
    let digit = |nibble: u8| {
        char::from_digit(u32::from(nibble), 16)
            .unwrap_or('0')
            .to_ascii_uppercase()
    };
    text.push('%');
    text.push(digit(value >> 4));
    text.push(digit(value & 0xf));
}

fn judge_segments(path: &str, oddities: &mut Oddities) -> Result<(), Refusal> {
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        // A dot segment may hide before a path parameter: `/..;x/`.
        let name = segment
            .split(';')
            .next()
            .unwrap_or(segment)
            .split("%3B")
            .next()
            .unwrap_or(segment);
        if matches!(name, "." | "..") || hides_dots(segment) {
            return Err(Refusal::Path);
        }
        // A path may end in a slash; that is no empty segment.
        if segment.is_empty() && segments.peek().is_some() {
            oddities.empty_segment = true;
        }
    }
    Ok(())
}

/// Dot segments between encoded slashes, for a reader that decodes them.
fn hides_dots(segment: &str) -> bool {
    segment.contains("%2F") && segment.split("%2F").any(|part| matches!(part, "." | ".."))
}

#[cfg(test)]
#[path = "path_tests.rs"]
mod tests;
