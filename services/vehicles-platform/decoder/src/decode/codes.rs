//! vPIC's error codes.

use crate::index::Index;

/// What vPIC says about how a VIN was decoded. The numbers and their texts are vPIC's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// 0: decoded clean.
    Clean,
    /// 1: the check digit is wrong.
    CheckDigit,
    /// 2: one position was wrong and has one possible character.
    Corrected,
    /// 3: one position was wrong and the check digit tells the character.
    CorrectedByCheckDigit,
    /// 4: one position is wrong, and several characters are possible.
    OnePosition,
    /// 5: several positions are wrong.
    SeveralPositions,
    /// 6: fewer than 17 characters.
    Incomplete,
    /// 7: the manufacturer is not known.
    UnknownManufacturer,
    /// 8: nothing matched.
    NoDetailedData,
    /// 9: a glider.
    Glider,
    /// 10: an off-road vehicle.
    OffRoad,
    /// 11: no model year.
    NoModelYear,
    /// 12: the caller's model year is another.
    OtherModelYear,
    /// 14: some positions tell nothing.
    UnusedPositions,
    /// 400: characters that no VIN has there.
    InvalidCharacters,
}

impl ErrorCode {
    /// Every code, ascending.
    pub const ALL: [Self; 15] = [
        Self::Clean,
        Self::CheckDigit,
        Self::Corrected,
        Self::CorrectedByCheckDigit,
        Self::OnePosition,
        Self::SeveralPositions,
        Self::Incomplete,
        Self::UnknownManufacturer,
        Self::NoDetailedData,
        Self::Glider,
        Self::OffRoad,
        Self::NoModelYear,
        Self::OtherModelYear,
        Self::UnusedPositions,
        Self::InvalidCharacters,
    ];

    /// vPIC's number.
    pub fn number(self) -> u16 {
        match self {
            Self::Clean => 0,
            Self::CheckDigit => 1,
            Self::Corrected => 2,
            Self::CorrectedByCheckDigit => 3,
            Self::OnePosition => 4,
            Self::SeveralPositions => 5,
            Self::Incomplete => 6,
            Self::UnknownManufacturer => 7,
            Self::NoDetailedData => 8,
            Self::Glider => 9,
            Self::OffRoad => 10,
            Self::NoModelYear => 11,
            Self::OtherModelYear => 12,
            Self::UnusedPositions => 14,
            Self::InvalidCharacters => 400,
        }
    }

    fn bit(self) -> u32 {
        1 << u32::from(self.number().min(15))
    }
}

/// A set of codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Codes(u32);

impl Codes {
    pub(crate) fn add(&mut self, code: ErrorCode) {
        self.0 |= code.bit();
    }

    pub(crate) fn contains(self, code: ErrorCode) -> bool {
        self.0 & code.bit() != 0
    }

    /// Nothing, apart from warnings and unused positions.
    pub(crate) fn is_clean(self) -> bool {
        let harmless = [
            ErrorCode::Glider,
            ErrorCode::OffRoad,
            ErrorCode::OtherModelYear,
            ErrorCode::UnusedPositions,
        ];
        let harmless = harmless.iter().fold(0, |all, code| all | code.bit());
        self.0 & !harmless == 0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = ErrorCode> {
        ErrorCode::ALL
            .into_iter()
            .filter(move |code| self.contains(*code))
    }

    /// How bad they are together: zero at best.
    pub(crate) fn weight(self, index: &Index) -> i64 {
        let weight = |code: ErrorCode| index.error_text(code.number()).map_or(0, |it| it.weight);
        self.iter().map(|code| i64::from(weight(code))).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_come_out_ascending_and_once() {
        let mut codes = Codes::default();
        for code in ErrorCode::ALL.iter().rev().chain(&ErrorCode::ALL) {
            codes.add(*code);
        }
        let numbers: Vec<_> = codes.iter().map(ErrorCode::number).collect();
        assert!(numbers.is_sorted() && numbers.len() == 15);
    }

    #[test]
    fn warnings_leave_a_decode_clean() {
        let mut codes = Codes::default();
        codes.add(ErrorCode::OffRoad);
        codes.add(ErrorCode::UnusedPositions);
        assert!(codes.is_clean());
        codes.add(ErrorCode::CheckDigit);
        assert!(!codes.is_clean());
    }
}
