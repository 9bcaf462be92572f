//! Pattern keys: a prefix of the matched string, told unit by unit.
//!
//! The matched string is positions 4 to 8, a bar, and positions 10 to 17. `*` stands for any character, `[…]` for a set with
//! ranges. What a key leaves unsaid is free. A key with a set is matched by vPIC as a regular expression and one without as
//! a LIKE pattern, so `_` is any character in the second and itself in the first.

use crate::charset::CharSet;

/// The longest string that is matched: 5 characters, the bar, 8 characters.
pub(crate) const MOST_UNITS: usize = 14;
/// Where the bar stands.
const BAR: usize = 5;

/// A key, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    /// What each character of the matched string may be; `None` when no VIN can match.
    pub(crate) units: Option<Vec<CharSet>>,
    /// What each unit names explicitly: `*` names nothing.
    pub(crate) named: Vec<CharSet>,
}

impl Key {
    pub(crate) fn parse(text: &str) -> Self {
        let as_expression = text.contains('[');
        let mut units = Vec::new();
        let mut named = Vec::new();
        let mut possible = true;
        let mut rest = text.as_bytes();
        while let Some((&first, tail)) = rest.split_first() {
            rest = tail;
            let (unit, explicit) = match first {
                b'*' => (CharSet::ALL, CharSet::default()),
                b'#' => (CharSet::of(b"#"), CharSet::DIGITS),
                b'_' if !as_expression => (CharSet::ALL, CharSet::of(b"_")),
                b'[' => {
                    let Some(end) = tail.iter().position(|byte| *byte == b']') else {
                        // A set that never ends: vPIC can neither match it nor say what it allows.
                        possible = false;
                        break;
                    };
                    let (inside, after) = tail.split_at(end);
                    rest = after.get(1..).unwrap_or_default();
                    (members(inside), named_members(inside))
                }
                literal => (CharSet::of(&[literal]), CharSet::of(&[literal])),
            };
            units.push(unit);
            named.push(explicit);
        }
        possible &= units.len() <= MOST_UNITS && units.iter().all(|unit| !unit.is_empty());
        Self {
            units: possible.then_some(units),
            named,
        }
    }

    /// What the key names for a position of the VIN (4 to 17, not 9).
    pub(crate) fn named_at(&self, position: usize) -> CharSet {
        let unit = position.checked_sub(4).and_then(|at| self.named.get(at));
        unit.copied().unwrap_or_default()
    }
}

/// How specific vPIC holds a key to be, among those of the same age: fewer characters other than `*` first, then the text
/// without brackets.
pub(crate) fn precedence(text: &str) -> (usize, String) {
    let specific = text.bytes().filter(|byte| *byte != b'*').count();
    (specific, text.replace(['[', ']'], ""))
}

/// The members of a set. A hyphen between two characters makes a range, the first of `[1-A-JT]` too; any other hyphen is
/// itself, as it is to SQL Server.
fn members(inside: &[u8]) -> CharSet {
    let mut set = CharSet::default();
    let mut rest = inside;
    while let Some((&from, tail)) = rest.split_first() {
        if let [b'-', to, after @ ..] = tail {
            set = set.union(CharSet::range(from, *to));
            rest = after;
        } else {
            set.insert(from);
            rest = tail;
        }
    }
    // In vPIC's expressions `*` becomes a point, inside a set too.
    if set.contains(b'*') {
        set.insert(b'.');
    }
    set
}

/// vPIC spells a set with a range out over the characters of a VIN, and takes one without as it stands.
fn named_members(inside: &[u8]) -> CharSet {
    let set = if inside.contains(&b'-') {
        members(inside).intersection(CharSet::vin_characters())
    } else {
        CharSet::of(inside)
    };
    CharSet(set.0 & !CharSet::of(b"*|").0)
}

/// The matched string of a VIN, padded with zeros.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject {
    pub(crate) bytes: [u8; 16],
    pub(crate) length: usize,
}

impl Subject {
    pub(crate) fn of(vin: &[u8]) -> Self {
        let mut bytes = [0; 16];
        let front = vin.get(3..vin.len().min(8)).unwrap_or_default();
        let back = vin.get(9..).unwrap_or_default();
        let bar: &[u8] = if back.is_empty() { b"" } else { b"|" };
        let parts = [front, bar, back];
        let mut length = 0;
        for (place, byte) in bytes.iter_mut().zip(parts.iter().copied().flatten()) {
            *place = *byte;
            length += 1;
        }
        Self { bytes, length }
    }

    /// The string with every digit replaced by `#`, which formula patterns are matched with.
    pub(crate) fn with_digits_hidden(mut self) -> Self {
        for byte in &mut self.bytes {
            if byte.is_ascii_digit() {
                *byte = b'#';
            }
        }
        self
    }

    /// All of it, for comparing with many literals at once.
    pub(crate) fn packed(&self) -> u128 {
        u128::from_le_bytes(self.bytes)
    }

    /// The eight characters that most keys are told by: positions 4 to 8 and 10 to 12.
    pub(crate) fn head(&self) -> u64 {
        head(self.packed())
    }
}

/// Squeezes the bar out of a packed string and keeps eight characters.
pub(crate) fn head(packed: u128) -> u64 {
    let bytes = packed.to_le_bytes();
    let mut kept = [0; 8];
    let wanted = bytes.iter().take(BAR).chain(bytes.iter().skip(BAR + 1));
    for (place, byte) in kept.iter_mut().zip(wanted) {
        *place = *byte;
    }
    u64::from_le_bytes(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(key: &str, unit: usize) -> String {
        let units = Key::parse(key).units.unwrap();
        String::from_utf8(units[unit].sorted().collect()).unwrap()
    }

    #[test]
    fn a_set_is_one_unit() {
        let key = Key::parse("CM82[67]");
        assert_eq!(key.units.as_ref().unwrap().len(), 5);
        assert_eq!(allowed("CM82[67]", 4), "67");
        assert_eq!(allowed("*[A-CX]", 1), "ABCX");
        assert_eq!(key.named_at(8), CharSet::of(b"67"));
        assert!(key.named_at(11).is_empty());
    }

    #[test]
    fn a_malformed_range_is_read_as_sql_server_reads_it() {
        let key = Key::parse("*****|*[1-A-JT]");
        let named = key.named_at(11);
        assert_eq!(named.sorted().collect::<Vec<_>>(), b"123456789AJT");
    }

    #[test]
    fn an_underscore_is_itself_in_a_key_with_a_set() {
        assert_eq!(allowed("B[C_]", 1), "_C");
        assert_eq!(Key::parse("B_").units.unwrap()[1], CharSet::ALL);
    }

    #[test]
    fn what_cannot_be_matched_is_never_matched() {
        assert_eq!(Key::parse("AB[CD").units, None);
        assert_eq!(Key::parse("*****|*********").units, None);
    }

    #[test]
    fn the_subject_has_a_bar_and_no_check_digit() {
        let subject = Subject::of(b"1HGCM82633A004352");
        assert_eq!(&subject.bytes[..subject.length], b"CM826|3A004352");
        assert_eq!(&subject.head().to_le_bytes(), b"CM8263A0");
        let short = Subject::of(b"1HGCM8263");
        assert_eq!(&short.bytes[..short.length], b"CM826");
        assert_eq!(Subject::of(b"1H").length, 0);
        let hidden = subject.with_digits_hidden();
        assert_eq!(&hidden.bytes[..hidden.length], b"CM###|#A######");
    }

    #[test]
    fn fewer_characters_come_before_more_and_brackets_do_not_count() {
        assert!(precedence("A**B") < precedence("ABC"));
        // The brackets count in the first and not in the second.
        assert!(precedence("[AB]") > precedence("ABC"));
        assert_eq!(precedence("A[BC]").1, "ABC");
    }
}
