//! Bytes as texts: base64 for addresses, without padding, as Web Authentication has it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::ops::RangeInclusive;

/// The bytes of a text, if there are as many as there may be.
pub(crate) fn decode(text: &str, lengths: RangeInclusive<usize>) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    lengths.contains(&bytes.len()).then_some(bytes)
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_for_the_same_bytes_and_no_more_than_may_be() {
        assert_eq!(decode(&encode(&[251, 255]), 1..=2).unwrap(), [251, 255]);
        for (text, lengths) in [("-_8", 3..=9), ("-_8", 0..=1)] {
            assert_eq!(decode(text, lengths), None);
        }
        // Padded, of the other alphabet, with bits that mean nothing.
        for text in ["-_8=", "+/8", "-_9", "é"] {
            assert_eq!(decode(text, 0..=9), None, "{text}");
        }
    }
}
