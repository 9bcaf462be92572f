//! Addresses of mail.

const LONGEST: usize = 254;

/// An address that could be one.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Email(String);

impl Email {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@')?;
        let is_plain =
            |c: char| !c.is_whitespace() && !c.is_control() && !"<>()[]\\,;:\"@".contains(c);
        let is_host = |c: char| c.is_alphanumeric() || c == '-' || c == '.';
        let fits = text.len() <= LONGEST
            && (1..=64).contains(&local.len())
            && local.chars().all(is_plain)
            && !domain.is_empty()
            && domain.chars().all(is_host)
            && !domain.starts_with(['.', '-'])
            && !domain.ends_with(['.', '-']);
        fits.then(|| Self(text.to_owned()))
    }

    /// As it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What makes it one account's.
    pub(crate) fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

/// Addresses are in no log.
impl std::fmt::Debug for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Email(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_an_address_is_taken_as_it_is() {
        assert_eq!(
            Email::parse(" Ann@Example.com ").unwrap().key(),
            "ann@example.com"
        );
        for good in ["a@localhost", "a.b+c@x-y.example", "ü@bücher.example"] {
            assert!(Email::parse(good).is_some(), "{good}");
        }
        for bad in [
            "", "a", "@x", "a@", "a b@x", "a@x y", "a@b@c", "a\n@x", "<a@x>", "a@-x", "a@x.",
        ] {
            assert!(Email::parse(bad).is_none(), "{bad}");
        }
        assert!(Email::parse(&format!("{}@x", "a".repeat(65))).is_none());
        assert!(!format!("{:?}", Email::parse("a@x")).contains("a@x"));
    }
}
