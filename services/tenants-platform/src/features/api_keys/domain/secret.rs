//! `mvp_live_<id>_<secret>_<checksum>`: making and reading it.

const PREFIX: &str = "mvp_live";
pub(crate) const ID_LENGTH: usize = 12;
pub(crate) const SECRET_LENGTH: usize = 32;
const CHECKSUM_LENGTH: usize = 6;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The parts of a key that is well formed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    pub(crate) id: &'a str,
    pub(crate) secret: &'a str,
}

/// The key of an id and a secret.
pub(crate) fn written(id: &str, secret: &str) -> String {
    let body = format!("{PREFIX}_{id}_{secret}");
    let checksum = checksum(&body);
    format!("{body}_{checksum}")
}

/// Reads a key; `None` where it is mistyped, or no key of ours.
pub(crate) fn read(key: &str) -> Option<Parts<'_>> {
    let (body, sum) = key.rsplit_once('_')?;
    if checksum(body) != sum {
        return None;
    }
    let (id, secret) = body
        .strip_prefix(PREFIX)?
        .strip_prefix('_')?
        .split_once('_')?;
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let fits =
        id.len() == ID_LENGTH && secret.len() == SECRET_LENGTH && is_plain(id) && is_plain(secret);
    fits.then_some(Parts { id, secret })
}

/// CRC-32 in base 62: against slips of the hand, not against malice.
fn checksum(body: &str) -> String {
    let mut rest = u64::from(crc32fast::hash(body.as_bytes()));
    let mut digits = Vec::with_capacity(CHECKSUM_LENGTH);
    for _ in 0..CHECKSUM_LENGTH {
        let digit = usize::try_from(rest % 62).unwrap_or_default();
        digits.push(char::from(DIGITS.get(digit).copied().unwrap_or(b'0')));
        rest /= 62;
    }
    digits.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_and_a_slip_is_noticed() {
        let (id, secret) = ("aB3dE6gH9jK2", "0123456789abcdefghijABCDEFGHIJ01");
        let key = written(id, secret);
        assert_eq!(key.len(), 8 + 1 + 12 + 1 + 32 + 1 + 6);
        let parts = read(&key).unwrap();
        assert_eq!((parts.id, parts.secret), (id, secret));
        for position in 0..key.len() {
            let mut wrong = key.clone().into_bytes();
            wrong[position] = if wrong[position] == b'x' { b'y' } else { b'x' };
            let wrong = String::from_utf8(wrong).unwrap();
            assert!(read(&wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn what_is_no_key_is_not_read() {
        for text in [
            "",
            "_",
            "mvp_live",
            "mvp_live___",
            "mvp_svc_0123456789",
            &written("short", "short"),
        ] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
