//! Sets of ASCII characters.

/// The characters a VIN may have, as vPIC spells a set with a range out.
const VIN_CHARACTERS: &[u8] = b"ABCDEFGHJKLMNPRSTUVWXYZ0123456789";

/// A set of ASCII characters, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct CharSet(pub(crate) u128);

impl CharSet {
    pub(crate) const ALL: Self = Self(u128::MAX);
    pub(crate) const DIGITS: Self = Self(0x03ff_u128 << 48);

    pub(crate) fn of(characters: &[u8]) -> Self {
        let mut set = Self::default();
        for character in characters {
            set.insert(*character);
        }
        set
    }

    /// The characters from one to another, in ASCII order; none when they are the wrong way round.
    pub(crate) fn range(from: u8, to: u8) -> Self {
        let mut set = Self::default();
        for character in from..=to {
            set.insert(character);
        }
        set
    }

    pub(crate) fn vin_characters() -> Self {
        Self::of(VIN_CHARACTERS)
    }

    pub(crate) fn insert(&mut self, character: u8) {
        self.0 |= bit(character);
    }

    pub(crate) fn contains(self, character: u8) -> bool {
        self.0 & bit(character) != 0
    }

    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Its characters in vPIC's order: `_` first, the others as ASCII has them.
    pub(crate) fn sorted(self) -> impl Iterator<Item = u8> {
        let first = self.contains(b'_').then_some(b'_');
        let others = (0..128_u8).filter(move |c| *c != b'_' && self.contains(*c));
        first.into_iter().chain(others)
    }
}

fn bit(character: u8) -> u128 {
    if character < 128 { 1 << character } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_underscore_comes_first() {
        let set = CharSet::of(b"Z_1A");
        assert_eq!(set.sorted().collect::<Vec<_>>(), b"_1AZ");
        assert_eq!(set.len(), 4);
    }

    #[test]
    fn ranges_and_digits() {
        assert_eq!(CharSet::range(b'0', b'9'), CharSet::DIGITS);
        assert!(CharSet::range(b'9', b'0').is_empty());
        assert_eq!(CharSet::vin_characters().len(), 33);
        assert!(!CharSet::ALL.contains(0xe9));
    }
}
