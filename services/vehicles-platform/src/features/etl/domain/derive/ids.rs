//! Ids of things vPIC does not number: the same text has the same id in every release and installation.

use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

/// Two different texts share an id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{kind} {first:?} and {second:?} have the same id {id}")]
pub(crate) struct IdCollision {
    kind: &'static str,
    id: i64,
    first: String,
    second: String,
}

/// The id of a text among its kind: the first 48 bits of SHA-256 over the kind and the folded text.
pub(super) fn id_of(kind: &str, folded: &str) -> i64 {
    let digest = Sha256::new()
        .chain_update(kind)
        .chain_update(b"\n")
        .chain_update(folded)
        .finalize();
    digest
        .iter()
        .take(6)
        .fold(0, |id, &byte| (id << 8) | i64::from(byte))
}

/// Ids of one kind, none given twice.
pub(super) fn ids_of<'a>(
    kind: &'static str,
    folded: impl Iterator<Item = &'a str>,
) -> Result<Vec<i64>, IdCollision> {
    let mut owners: FxHashMap<i64, &str> = FxHashMap::default();
    folded
        .map(|text| {
            let id = id_of(kind, text);
            match owners.insert(id, text) {
                Some(first) if first != text => Err(IdCollision {
                    kind,
                    id,
                    first: first.to_owned(),
                    second: text.to_owned(),
                }),
                _ => Ok(id),
            }
        })
        .collect()
}

/// A text as ids see it: lower case, blanks squeezed.
pub(super) fn folded(text: &str) -> String {
    squeezed(text).to_lowercase()
}

/// A text without outer blanks, inner white space as single blanks.
pub(super) fn squeezed(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !plain.is_empty() {
            plain.push(' ');
        }
        plain.push_str(word);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_the_documented_bits_of_sha_256() {
        // printf 'trim\nex-l' | sha256sum
        assert_eq!(id_of("trim", &folded("  EX-L ")), 0x7b29_50ce_066e);
        assert_ne!(id_of("trim", "ex"), id_of("engine", "ex"));
    }

    #[test]
    fn case_and_blanks_do_not_change_an_id() {
        assert_eq!(folded(" 300H\t Luxury\n"), folded("300h Luxury"));
    }
}
