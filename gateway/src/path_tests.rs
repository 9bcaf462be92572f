//! Tests of the canonical path: what is refused, what is rewritten, and what must always hold.

use super::*;
use proptest::prelude::*;

fn canonical(raw: &str) -> Option<String> {
    canonicalise(raw)
        .ok()
        .filter(|path| path.oddities == Oddities::default())
        .map(|path| path.text.into_owned())
}

#[test]
fn a_plain_path_is_left_alone_and_not_copied() {
    let path = canonicalise("/platform/vehicles/makes").unwrap();
    assert!(matches!(
        path.text,
        Cow::Borrowed("/platform/vehicles/makes")
    ));
    assert_eq!(canonical("/"), Some("/".to_owned()));
    assert_eq!(canonical("/a/"), Some("/a/".to_owned()));
    assert_eq!(canonical("/a.b/c"), Some("/a.b/c".to_owned()));
}

#[test]
fn unreserved_characters_are_decoded_once_and_other_escapes_capitalised() {
    assert_eq!(
        canonical("/%70latform/%7euser"),
        Some("/platform/~user".to_owned())
    );
    assert_eq!(canonical("/caf%c3%a9"), Some("/caf%C3%A9".to_owned()));
    assert_eq!(canonical("/a%20b"), Some("/a%20b".to_owned()));
    assert_eq!(canonical("/a:b@c"), Some("/a:b@c".to_owned()));
}

#[test]
fn whatever_could_mean_two_things_is_refused() {
    for raw in [
        "/a/../b",
        "/a/./b",
        "/..",
        "/.",
        "/a/..",
        "/%2e%2e/b",
        "/%2E/b",
        "/.%2e/b",
        "/a/%2e%2e",
        "/a\\b",
        "/a%5cb",
        "/a%5Cb",
        "/a%00b",
        "/a%0ab",
        "/a%7fb",
        "/a%0d%0ab",
        "/%c0%af",
        "/%c0%ae%c0%ae/",
        "/%e0%80%af",
        "/%ed%a0%80",
        "/%ff",
        "/%c3",
        "/%c3/%a9",
        "/%",
        "/%2",
        "/%zz",
        "/%u002f",
        "/..;/b",
        "/..;x=1/b",
        "/..%3b/b",
        "/.;/b",
        "/a%2f..%2fb",
        "/a%2f%2e%2e",
        "/a<b",
        "/a\"b",
        "/a|b",
        "/a^b",
        "/a`b",
        "/a{b",
        "/a[b",
        "",
        "a/b",
        "*",
    ] {
        assert!(canonicalise(raw).is_err(), "{raw} was let through");
    }
}

#[test]
fn oddities_are_named_for_the_route_to_permit() {
    let odd = |raw: &str| canonicalise(raw).unwrap().oddities;
    assert!(odd("/a;b").semicolon && odd("/a%3bb").semicolon);
    assert!(odd("//a").empty_segment && odd("/a//b").empty_segment && odd("/a//").empty_segment);
    assert!(odd("/a%2fb").encoded_slash && odd("/a%252fb").encoded_percent);
    let permitted = Oddities {
        semicolon: true,
        ..Oddities::default()
    };
    assert!(odd("/a;b").within(permitted));
    assert!(!odd("/a;b//").within(permitted));
}

proptest! {
    #[test]
    fn a_canonical_path_is_its_own_canonical_form(raw in "/[a-c/.%25cefF0;A ]{0,24}") {
        if let Ok(path) = canonicalise(&raw) {
            let again = canonicalise(&path.text).expect("canonical paths are accepted");
            prop_assert_eq!(again.text.as_ref(), path.text.as_ref());
            prop_assert_eq!(again.oddities, path.oddities);
        }
    }

    #[test]
    fn no_accepted_path_resolves_to_another(raw in "/[a-c/.%25cefF0;\\\\]{0,24}") {
        // The naive upstream: decodes everything, takes backslashes for slashes, resolves dots.
        if let Some(path) = canonical(&raw) {
            let decoded = naive_decode(&path);
            prop_assert!(!decoded.contains('\\'));
            for segment in decoded.split('/') {
                prop_assert!(segment != ".." && segment != ".");
            }
            prop_assert_eq!(decoded.matches('/').count(), path.matches('/').count());
        }
    }

    #[test]
    fn any_text_at_all_is_answered_without_panic(raw in "\\PC{0,40}") {
        let _ = canonicalise(&raw);
    }
}

fn naive_decode(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%')
            .then(|| path.get(at + 1..at + 3))
            .flatten();
        if let Some(value) = escape.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            out.push(value);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
