//! The short name of a tenant in addresses.

const SHORTEST: usize = 3;
const LONGEST: usize = 48;
/// Names that would be taken for something else in an address.
const RESERVED: [&str; 12] = [
    "admin", "api", "app", "assets", "auth", "docs", "health", "help", "login", "static",
    "support", "www",
];

/// What is wrong with a slug.
pub(crate) fn fault(slug: &str) -> Option<&'static str> {
    let is_made_right = (SHORTEST..=LONGEST).contains(&slug.len())
        && slug
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !slug.starts_with('-')
        && !slug.ends_with('-')
        && !slug.contains("--");
    if !is_made_right {
        return Some(
            "must have 3 to 48 lower-case letters, digits and single hyphens, none at the ends",
        );
    }
    RESERVED.contains(&slug).then_some("is reserved")
}

/// A slug out of a name; `suffix` makes it another one.
pub(crate) fn proposed(name: &str, suffix: &str) -> String {
    let mut slug = String::new();
    for character in name.chars().flat_map(char::to_lowercase) {
        if character.is_ascii_alphanumeric() {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= LONGEST - 10 {
            break;
        }
    }
    let stem = match slug.trim_end_matches('-') {
        "" => "tenant",
        stem => stem,
    };
    let plain = if suffix.is_empty() {
        stem.to_owned()
    } else {
        format!("{stem}-{suffix}")
    };
    if fault(&plain).is_some() {
        format!("tenant-{plain}")
    } else {
        plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_short_and_plain() {
        for right in ["abc", "the-smiths", "a1-2b", &"x".repeat(48)] {
            assert_eq!(fault(right), None, "{right}");
        }
        for wrong in [
            "ab",
            "-abc",
            "abc-",
            "a--b",
            "Abc",
            "a_b",
            "äbc",
            "",
            "admin",
            &"x".repeat(49),
        ] {
            assert!(fault(wrong).is_some(), "{wrong}");
        }
    }

    #[test]
    fn every_name_gives_a_right_slug() {
        assert_eq!(proposed("The Smiths & Co.", ""), "the-smiths-co");
        assert_eq!(proposed("The Smiths", "x7k2"), "the-smiths-x7k2");
        for name in ["", "日本", "a", "Admin", "---", &"long name ".repeat(20)] {
            for suffix in ["", "x7k2p9"] {
                let slug = proposed(name, suffix);
                assert_eq!(fault(&slug), None, "{name} gives {slug}");
            }
        }
    }
}
