//! The text of a VIN, cleaned.

use std::fmt;

/// A VIN has 17 characters.
pub(crate) const FULL_LENGTH: usize = 17;

/// Up to 17 printable ASCII characters, upper case. Whether they make a good VIN is for decoding to say.
///
/// Its `Debug` shows no character: a VIN names a vehicle and so, often, a person.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Vin {
    bytes: [u8; FULL_LENGTH],
    length: u8,
}

/// A text that cannot be read as a VIN, whole or partial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAVin {
    /// Nothing but blanks and dashes.
    #[error("a VIN has characters; this has none")]
    Empty,
    /// More than 17 characters.
    #[error("a VIN has 17 characters; this has {0}")]
    TooLong(usize),
    /// A character that is not printable ASCII.
    #[error("a VIN has letters, digits and * only; the character at position {0} is none of them")]
    Character(usize),
}

impl Vin {
    /// Reads what a person typed or a file holds: blanks and dashes, wherever they stand, are for the eye and go; letters
    /// become upper case.
    pub fn clean(text: &str) -> Result<Self, NotAVin> {
        let kept = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
        Self::collect(kept)
    }

    /// Reads a VIN as vPIC's procedure does: blanks at the ends go, letters become upper case, and whatever stands between
    /// is judged by decoding.
    pub fn verbatim(text: &str) -> Result<Self, NotAVin> {
        Self::collect(text.trim_matches(' ').chars())
    }

    fn collect(kept: impl Iterator<Item = char>) -> Result<Self, NotAVin> {
        let mut bytes = [0; FULL_LENGTH];
        let mut length = 0_usize;
        for character in kept {
            let position = length.saturating_add(1);
            let byte = u8::try_from(character)
                .ok()
                .filter(|byte| (b' '..=b'~').contains(byte))
                .ok_or(NotAVin::Character(position))?;
            if let Some(place) = bytes.get_mut(length) {
                *place = byte.to_ascii_uppercase();
            }
            length = position;
        }
        match u8::try_from(length) {
            Ok(0) => Err(NotAVin::Empty),
            Ok(short) if length <= FULL_LENGTH => Ok(Self {
                bytes,
                length: short,
            }),
            _ => Err(NotAVin::TooLong(length)),
        }
    }

    /// Its characters.
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// Its characters, all of them ASCII.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len()).unwrap_or_default()
    }

    /// How many characters there are: 1 to 17.
    #[expect(clippy::len_without_is_empty, reason = "it never is")]
    pub fn len(&self) -> usize {
        usize::from(self.length)
    }

    /// Whether all 17 characters are there.
    pub fn is_full(&self) -> bool {
        self.len() == FULL_LENGTH
    }

    /// The character at a position, counted from 1 as every text about VINs does.
    pub(crate) fn at(&self, position: usize) -> Option<u8> {
        self.as_bytes().get(position.checked_sub(1)?).copied()
    }

    /// The VIN with another character at `position`.
    pub(crate) fn with(&self, position: usize, byte: u8) -> Self {
        let mut changed = *self;
        if let Some(place) = position
            .checked_sub(1)
            .and_then(|at| changed.bytes.get_mut(at))
        {
            *place = byte;
        }
        changed
    }

    /// The positions `from` to `to`, both included, as far as there are characters.
    pub fn part(&self, from: usize, to: usize) -> &str {
        let end = to.min(self.len());
        let part = self.as_bytes().get(from.saturating_sub(1)..end);
        str::from_utf8(part.unwrap_or_default()).unwrap_or_default()
    }

    /// The third character is a 9: a maker of fewer than a thousand vehicles a year, told by positions 12 to 14 as well.
    pub fn is_low_volume(&self) -> bool {
        self.at(3) == Some(b'9')
    }

    /// The code of the manufacturer: three characters, or six for a low-volume maker.
    pub fn wmi(&self) -> Wmi {
        let mut code = [0; 6];
        let low_volume = self.is_low_volume() && self.len() >= 14;
        let parts = [
            self.part(1, 3),
            if low_volume { self.part(12, 14) } else { "" },
        ];
        for (place, byte) in code
            .iter_mut()
            .zip(parts.iter().flat_map(|part| part.bytes()))
        {
            *place = byte;
        }
        Wmi(code)
    }

    /// What vPIC calls the descriptor: positions 1 to 11 (14 for low-volume makers) without the check digit, `*` for what
    /// is not known.
    pub fn descriptor(&self) -> String {
        let length = if self.is_low_volume() { 14 } else { 11 };
        let character = |position| match position {
            9 => '*',
            _ => self.at(position).map_or('*', char::from),
        };
        (1..=length).map(character).collect()
    }
}

impl fmt::Debug for Vin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vin({} characters)", self.length)
    }
}

/// A world manufacturer identifier, padded with zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wmi(pub(crate) [u8; 6]);

impl Wmi {
    /// Its characters.
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|byte| *byte == 0);
        let text = self.0.get(..end.unwrap_or(self.0.len()));
        str::from_utf8(text.unwrap_or_default()).unwrap_or_default()
    }

    /// Whether it is the code of a low-volume maker.
    pub(crate) fn is_long(self) -> bool {
        self.as_str().len() == 6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_types_is_cleaned() {
        let vin = Vin::clean(" 1hg-cm8 2633a004352 ").unwrap();
        assert_eq!(vin.as_str(), "1HGCM82633A004352");
        assert!(vin.is_full());
        assert_eq!(vin.wmi().as_str(), "1HG");
        assert_eq!(vin.descriptor(), "1HGCM826*3A");
    }

    #[test]
    fn vpic_keeps_what_stands_inside() {
        assert_eq!(Vin::verbatim(" 1hg-cm8 ").unwrap().as_str(), "1HG-CM8");
    }

    #[test]
    fn what_is_no_vin_is_told_why() {
        assert_eq!(Vin::clean(" - "), Err(NotAVin::Empty));
        assert_eq!(Vin::clean(&"1".repeat(18)), Err(NotAVin::TooLong(18)));
        assert_eq!(Vin::clean("1HGé"), Err(NotAVin::Character(4)));
        assert_eq!(Vin::clean("1H\u{7f}"), Err(NotAVin::Character(3)));
    }

    #[test]
    fn a_low_volume_maker_is_told_by_six_characters() {
        let vin = Vin::clean("1A9BC12D5EF123456").unwrap();
        assert_eq!(vin.wmi().as_str(), "1A9123");
        assert_eq!(vin.descriptor(), "1A9BC12D*EF123");
        assert_eq!(Vin::clean("1A9BC12D5EF12").unwrap().wmi().as_str(), "1A9");
    }

    #[test]
    fn a_vin_is_not_printed_by_accident() {
        let shown = format!("{:?}", Vin::clean("1HGCM82633A004352").unwrap());
        assert_eq!(shown, "Vin(17 characters)");
    }
}
