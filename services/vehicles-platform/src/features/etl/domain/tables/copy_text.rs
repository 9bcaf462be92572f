//! PostgreSQL's COPY text format: fields between tabs, `\N` for NULL, backslash escapes.
//!
//! <https://www.postgresql.org/docs/17/sql-copy.html>, "Text Format".

use std::borrow::Cow;

use super::{Changed, NEVER_CHANGED};

/// NULL.
const NULL: &[u8] = b"\\N";

/// Splits whole lines into their fields.
#[expect(
    clippy::indexing_slicing,
    reason = "hot loop; every range is between two bytes that were found"
)]
pub(crate) fn each_row<'l, E>(
    lines: &'l [u8],
    mut row: impl FnMut(&[&'l [u8]]) -> Result<(), E>,
) -> Result<(), E> {
    let mut fields: Vec<&'l [u8]> = Vec::with_capacity(32);
    let mut start = 0;
    for at in memchr::memchr2_iter(b'\t', b'\n', lines) {
        fields.push(&lines[start..at]);
        start = at + 1;
        if lines[at] == b'\n' {
            row(&fields)?;
            fields.clear();
        }
    }
    Ok(())
}

/// A field as text: `None` inside for NULL, `None` for what is no text.
#[expect(
    clippy::option_option,
    reason = "a field that is NULL is not one that is broken"
)]
pub(crate) fn field_text(field: &[u8]) -> Option<Option<Cow<'_, str>>> {
    match present(field) {
        None => Some(None),
        Some(field) => text(field).map(Some),
    }
}

/// A field that is not NULL.
pub(super) fn present(field: &[u8]) -> Option<&[u8]> {
    (field != NULL).then_some(field)
}

/// A whole number; `None` for anything else, NULL too.
pub(super) fn number(field: &[u8]) -> Option<u32> {
    if field.is_empty() || field.len() > 9 {
        return None;
    }
    field.iter().try_fold(0_u32, |value, byte| {
        byte.is_ascii_digit()
            .then(|| value * 10 + u32::from(byte - b'0'))
    })
}

/// A boolean as COPY writes it.
pub(super) fn is_true(field: &[u8]) -> bool {
    field == b"t"
}

/// A text, escapes undone.
pub(super) fn text(field: &[u8]) -> Option<Cow<'_, str>> {
    if !field.contains(&b'\\') {
        return std::str::from_utf8(field).ok().map(Cow::Borrowed);
    }
    let mut plain = Vec::with_capacity(field.len());
    let mut bytes = field.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            plain.push(byte);
            continue;
        }
        plain.push(match bytes.next()? {
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 11,
            other => other,
        });
    }
    String::from_utf8(plain).ok().map(Cow::Owned)
}

/// The year a timestamp begins with.
pub(super) fn year(field: &[u8]) -> Option<u16> {
    number(field.get(..4)?).and_then(|year| u16::try_from(year).ok())
}

/// `UpdatedOn`, else `CreatedOn`: when a row last changed.
pub(super) fn last_change<'a>(created: &'a [u8], updated: &'a [u8]) -> Option<&'a [u8]> {
    present(updated).or_else(|| present(created))
}

/// A timestamp `2015-03-04 10:03:54.63` to microseconds, so that it orders at full precision.
pub(super) fn changed(field: Option<&[u8]>) -> Option<Changed> {
    let Some(field) = field else {
        return Some(NEVER_CHANGED);
    };
    let part = |from: usize, to: usize| number(field.get(from..to)?).map(u64::from);
    let days = (part(0, 4)? * 13 + part(5, 7)?) * 32 + part(8, 10)?;
    let seconds = ((days * 24 + part(11, 13)?) * 60 + part(14, 16)?) * 60 + part(17, 19)?;
    let fraction = field.get(20..).unwrap_or_default();
    let micros = (0..6).try_fold(0_u64, |value, at| {
        let digit = fraction.get(at).copied().unwrap_or(b'0');
        digit
            .is_ascii_digit()
            .then(|| value * 10 + u64::from(digit - b'0'))
    })?;
    Some(seconds * 1_000_000 + micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone() {
        assert_eq!(text(b"a\\tb\\\\c\\n").as_deref(), Some("a\tb\\c\n"));
        assert_eq!(text(b"plain").as_deref(), Some("plain"));
        assert_eq!(text(b"\xff"), None);
        assert_eq!(text(b"cut\\"), None);
    }

    #[test]
    fn numbers_are_digits_only() {
        assert_eq!(number(b"2027"), Some(2027));
        for bad in [&b"\\N"[..], b"", b"-1", b"12a", b"9999999999"] {
            assert_eq!(number(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn dates_order_at_full_precision() {
        let at = |text: &str| changed(Some(text.as_bytes())).unwrap();
        assert!(at("2015-03-04 10:03:54.63") < at("2015-03-04 10:03:54.631"));
        assert!(at("2015-03-04 10:03:54") < at("2015-03-04 10:03:54.000001"));
        assert!(at("2015-12-31 23:59:59") < at("2016-01-01 00:00:00"));
        assert!(at("2026-01-01 00:00:00") < changed(None).unwrap());
        assert_eq!(changed(Some(b"yesterday")), None);
    }
}
