//! What a key may do.

const MOST: usize = 50;

/// What is wrong with a list of scopes.
pub(crate) fn fault(scopes: &[String]) -> Option<String> {
    if scopes.is_empty() || scopes.len() > MOST {
        return Some("must be 1 to 50 scopes".to_owned());
    }
    let wrong = scopes.iter().find(|scope| !is_scope(scope))?;
    Some(format!(
        "{wrong:?} is no scope; one is like vehicles:read or vehicles:*"
    ))
}

fn is_scope(scope: &str) -> bool {
    let is_word = |word: &str| {
        (1..=32).contains(&word.len())
            && word.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-')
            })
    };
    scope
        .split_once(':')
        .is_some_and(|(service, right)| is_word(service) && (right == "*" || is_word(right)))
}

/// Whether one of the scopes includes what is wanted.
pub(crate) fn permit(scopes: &[String], wanted: &str) -> bool {
    scopes.iter().any(|scope| {
        scope == wanted
            || scope
                .strip_suffix('*')
                .is_some_and(|service| service.ends_with(':') && wanted.starts_with(service))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(scopes: &[&str]) -> Vec<String> {
        scopes.iter().map(|&scope| scope.to_owned()).collect()
    }

    #[test]
    fn a_scope_is_a_service_and_a_right() {
        assert_eq!(fault(&list(&["vehicles:read", "fuel_logs:*"])), None);
        for wrong in [
            "",
            "vehicles",
            "vehicles:",
            ":read",
            "Vehicles:read",
            "*:*",
            "*",
            "a:b:c",
            "a:**",
        ] {
            assert!(fault(&list(&[wrong])).is_some(), "{wrong}");
        }
        assert!(fault(&[]).is_some());
    }

    #[test]
    fn a_star_is_all_rights_of_its_service_alone() {
        let scopes = list(&["vehicles:read", "fuel:*"]);
        assert!(permit(&scopes, "vehicles:read"));
        assert!(permit(&scopes, "fuel:write"));
        assert!(!permit(&scopes, "vehicles:write"));
        assert!(!permit(&scopes, "fuels:write"));
        assert!(!permit(&scopes, "vehicles:readings"));
    }
}
