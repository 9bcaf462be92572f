//! What a client may be told and may do.

/// Every scope there is.
pub(crate) const ALL: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// The scopes that are asked for and known, each once, in their order. Unknown ones are left out (RFC 6749 §3.3).
pub(crate) fn known(asked: &str) -> String {
    let mut scopes: Vec<&str> = Vec::new();
    for scope in asked.split(' ') {
        if ALL.contains(&scope) && !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    scopes.join(" ")
}

/// Whether a scope is among them.
pub(crate) fn has(scopes: &str, scope: &str) -> bool {
    scopes.split(' ').any(|it| it == scope)
}

/// Whether all of `less` are among them.
pub(crate) fn includes(scopes: &str, less: &str) -> bool {
    less.split(' ').all(|scope| has(scopes, scope))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_scopes_are_left_out() {
        assert_eq!(known("openid email root openid"), "openid email");
        assert_eq!(known(""), "");
        assert!(includes("openid email", "email") && !includes("openid", "openid email"));
    }
}
