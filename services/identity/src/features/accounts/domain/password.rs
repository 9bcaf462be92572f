//! Which passwords are good enough (NIST SP 800-63B: length, and none that everybody tries).

const COMMON: &str = include_str!("common_passwords.txt");
const SHORTEST: usize = 10;
/// Longer ones would only be work for the hash.
const LONGEST: usize = 200;

/// Why a password is not taken, in words for whoever chose it.
pub(crate) fn objection(password: &str, email: &str) -> Option<&'static str> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Some("The password needs at least 10 characters.");
    }
    if length > LONGEST {
        return Some("The password may have 200 characters.");
    }
    let lower = password.to_lowercase();
    let letters: String = lower.chars().filter(|c| c.is_alphabetic()).collect();
    let first = lower.chars().next().unwrap_or_default();
    let is_common = COMMON.lines().any(|common| common == lower)
        || lower.chars().all(|c| c == first)
        || ["password", "passwort", "motovaultpro", "qwertyuiop"].contains(&letters.as_str());
    if is_common {
        return Some("This password is among those that are tried first. Choose another one.");
    }
    let email = email.to_lowercase();
    let local = email.split('@').next().unwrap_or_default();
    if lower == email || (local.len() >= 4 && letters == local) {
        return Some("The password must not be made of the e-mail address.");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_tried_first_is_refused() {
        for bad in [
            "short",
            "aaaaaaaaaaaa",
            "Password123",
            "1234567890",
            "QWERTYUIOP",
            "motovaultpro1",
            "annabell2024",
            "annabell@example.com",
        ] {
            assert!(objection(bad, "annabell@example.com").is_some(), "{bad}");
        }
        assert!(objection(&"ab".repeat(101), "a@x").is_some());
        assert_eq!(objection("three brown foxes", "annabell@example.com"), None);
        assert_eq!(objection("zwölf Boxkämpfer", "a@x"), None);
    }

    #[test]
    fn the_list_can_match() {
        for line in COMMON.lines() {
            assert_eq!(line, line.to_lowercase());
            assert!(line.chars().count() >= SHORTEST, "{line}");
        }
    }
}
