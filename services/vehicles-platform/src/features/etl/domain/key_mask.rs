//! A pattern key as bit masks: which characters each position of a VIN may have for the key to match.
//!
//! A vPIC key is a prefix pattern over positions 4-8, a bar, and positions 10-17 of a VIN. Each unit eats one
//! character: a literal, `*` (any one), a set such as `[A-CX2]`, `#` (any digit) or the bar itself; what lies
//! beyond the key's last unit is free. One `u64` a position makes "can both keys stand in one VIN" a few ANDs.
#![expect(
    clippy::indexing_slicing,
    reason = "indices are bounded by the loop over the fixed width"
)]

/// Positions 4-8, the bar, positions 10-17.
pub(crate) const WIDTH: usize = 14;
/// Where the bar stands.
const BAR_AT: usize = 5;
/// Where position 10, the model year's letter, stands.
const YEAR_AT: usize = 6;
/// The 33 characters a VIN may have: digits and letters without I, O and Q.
const ALPHABET: &[u8; 33] = b"0123456789ABCDEFGHJKLMNPRSTUVWXYZ";
const BAR: u64 = 1 << 33;
const ANY: u64 = BAR - 1;
const DIGITS: u64 = (1 << 10) - 1;
const BITS: [u64; 256] = bits();

/// The set of VINs a key, or the meeting of several keys, matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyMask {
    sets: [u64; WIDTH],
    /// Positions from here on are free; nothing compares them.
    reach: usize,
}

impl KeyMask {
    /// Every VIN.
    pub(crate) const fn any() -> Self {
        let mut sets = [ANY; WIDTH];
        sets[BAR_AT] = BAR;
        Self { sets, reach: 0 }
    }

    /// Reads a key; `None` when no VIN can match it (an impossible character, or longer than a VIN).
    ///
    /// Two public keys hold the malformed set `[1-A-JT]`: read as the range 1-A, a dash, J and T.
    pub(crate) fn parse(key: &[u8]) -> Option<Self> {
        let mut mask = Self::any();
        let mut rest = key;
        while let Some((&unit, tail)) = rest.split_first() {
            rest = tail;
            let allowed = match unit {
                b'*' => ANY | BAR,
                b'#' => DIGITS,
                b'[' => {
                    let close = rest
                        .iter()
                        .position(|&byte| byte == b']')
                        .unwrap_or(rest.len());
                    let set = char_set(&rest[..close]);
                    rest = rest.get(close + 1..).unwrap_or_default();
                    set
                }
                // No VIN has these letters: where a key does, the digit alike was meant.
                b'O' | b'o' | b'Q' | b'q' => BITS[usize::from(b'0')],
                b'I' | b'i' => BITS[usize::from(b'1')],
                literal => BITS[usize::from(literal)],
            };
            if mask.reach == WIDTH {
                return None;
            }
            mask.sets[mask.reach] &= allowed;
            if mask.sets[mask.reach] == 0 {
                return None;
            }
            mask.reach += 1;
        }
        Some(mask)
    }

    /// Every VIN of one model year, by the letter or digit at position 10.
    pub(crate) fn of_year(year: u16) -> Self {
        const CYCLE: &[u8; 30] = b"ABCDEFGHJKLMNPRSTVWXY123456789";
        let mut mask = Self::any();
        let letter = CYCLE[usize::from(year.saturating_sub(1980)) % CYCLE.len()];
        mask.sets[YEAR_AT] = BITS[usize::from(letter)];
        mask.reach = YEAR_AT + 1;
        mask
    }

    /// Can both stand in one VIN?
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let shared = self.reach.min(other.reach);
        (0..shared).all(|at| self.sets[at] & other.sets[at] != 0)
    }

    /// The VINs both match, if any.
    pub(crate) fn meeting(&self, other: &Self) -> Option<Self> {
        self.meets(other).then(|| {
            let mut both = *self;
            both.reach = self.reach.max(other.reach);
            for at in 0..other.reach {
                both.sets[at] &= other.sets[at];
            }
            both
        })
    }

    /// Does this match every VIN `other` matches?
    pub(crate) fn covers(&self, other: &Self) -> bool {
        (0..self.reach).all(|at| other.sets[at] & !self.sets[at] == 0)
    }

    /// Does the key say anything about the model year's letter?
    pub(crate) fn restricts_year(&self) -> bool {
        self.sets[YEAR_AT] != ANY
    }
}

#[expect(
    clippy::as_conversions,
    reason = "`usize::from` is no const function; a byte always fits"
)]
const fn bits() -> [u64; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < ALPHABET.len() {
        table[ALPHABET[at] as usize] = 1 << at;
        table[ALPHABET[at].to_ascii_lowercase() as usize] = 1 << at;
        at += 1;
    }
    table[b'|' as usize] = BAR;
    table
}

/// The characters of a set's inside: singles and ranges in byte order.
fn char_set(inside: &[u8]) -> u64 {
    let mut set = 0;
    let mut rest = inside;
    loop {
        match rest {
            [] => return set,
            [from, b'-', to, tail @ ..] => {
                for byte in from.to_ascii_uppercase()..=to.to_ascii_uppercase() {
                    set |= BITS[usize::from(byte)];
                }
                rest = tail;
            }
            [single, tail @ ..] => {
                set |= BITS[usize::from(*single)];
                rest = tail;
            }
        }
    }
}

#[cfg(test)]
#[path = "key_mask_tests.rs"]
mod tests;
