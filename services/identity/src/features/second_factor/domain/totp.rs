//! Time-based one-time passwords (RFC 6238), and secrets as apps read them (RFC 4648 base32).

use aws_lc_rs::hmac;

const STEP_S: i64 = 30;
const DIGITS: u32 = 6;
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The step of a time, in seconds since 1970.
pub(crate) const fn step_of(unix_s: i64) -> i64 {
    unix_s.div_euclid(STEP_S)
}

/// The step whose code this is: the present one or one next to it, but none that was used.
pub(crate) fn matching_step(secret: &[u8], code: &str, now_s: i64, last_used: i64) -> Option<i64> {
    let now = step_of(now_s);
    [now, now.saturating_sub(1), now.saturating_add(1)]
        .into_iter()
        .filter(|step| *step > last_used)
        .find(|step| {
            let right = code_of(secret, *step);
            aws_lc_rs::constant_time::verify_slices_are_equal(right.as_bytes(), code.as_bytes())
                .is_ok()
        })
}

/// The code of a step.
pub(crate) fn code_of(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    // RFC 4226 §5.3: the last half byte says where the number begins.
    let offset = usize::from(tag.last().copied().unwrap_or_default() & 0x0f);
    let word = tag.iter().skip(offset).take(4);
    let number = word.fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    let code = (number & 0x7fff_ffff) % 10_u32.pow(DIGITS);
    format!("{code:06}")
}

/// A secret as people type it into an app.
pub(crate) fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(5) {
        let number = (0..5).fold(0_u64, |number, at| {
            (number << 8) | u64::from(chunk.get(at).copied().unwrap_or_default())
        });
        let digits = (chunk.len() * 8).div_ceil(5);
        for at in 0..digits {
            let index = usize::try_from((number >> (35 - 5 * at)) & 31).unwrap_or_default();
            text.extend(ALPHABET.get(index).copied().map(char::from));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B has eight digits; six are their end.
        for (at, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_of(SECRET, step_of(at)), code);
        }
    }

    #[test]
    fn a_code_counts_around_its_step_and_once() {
        let now = 1_111_111_111;
        let step = step_of(now);
        let code = code_of(SECRET, step);
        assert_eq!(matching_step(SECRET, &code, now, 0), Some(step));
        assert_eq!(matching_step(SECRET, &code, now + 30, 0), Some(step));
        assert_eq!(matching_step(SECRET, &code, now - 30, 0), Some(step));
        assert_eq!(matching_step(SECRET, &code, now + 90, 0), None);
        assert_eq!(matching_step(SECRET, &code, now, step), None);
        assert_eq!(matching_step(SECRET, "", now, 0), None);
    }

    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }
}
