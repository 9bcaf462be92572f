//! Parameters of OAuth: unknown ones are ignored, repeated ones refused (RFC 6749 §3.1).

use std::collections::BTreeMap;

const LONGEST: usize = 2_048;

/// Parameters by name; empty ones are absent.
#[derive(Debug, Default)]
pub(crate) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// `None` when one is repeated, too long, or holds what no text holds.
    pub(crate) fn parse(encoded: &[u8]) -> Option<Self> {
        let mut all = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            if (name != "id_token_hint" && value.len() > LONGEST)
                || value.chars().any(char::is_control)
            {
                return None;
            }
            if all.insert(name.into_owned(), value.into_owned()).is_some() {
                return None;
            }
        }
        all.retain(|_, value| !value.is_empty());
        Some(Self(all))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_and_endless_ones_are_refused() {
        let parameters = Parameters::parse(b"a=1&b=&c=%20x").unwrap();
        assert_eq!(parameters.get("a"), Some("1"));
        assert_eq!(parameters.get("b"), None);
        assert_eq!(parameters.get("c"), Some(" x"));
        assert!(Parameters::parse(b"a=1&a=1").is_none());
        let long = format!("state={}", "x".repeat(3_000));
        assert!(Parameters::parse(long.as_bytes()).is_none());
        assert!(Parameters::parse(b"state=%00").is_none());
    }
}
