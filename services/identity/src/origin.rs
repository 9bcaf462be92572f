//! Addresses of pages: which are safe to send people to, and their origins.

use actix_web::http::Uri;

/// The issuer's address, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// Scheme, host and port.
    pub(crate) origin: String,
    /// The host alone: whose passkeys are asked for.
    pub(crate) host: String,
    pub(crate) is_secure: bool,
}

/// Whether a host is this machine.
pub(crate) fn is_here(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

/// The origin of an address that a browser may be sent to: https, or http on this machine; no fragment.
pub(crate) fn of(uri: &str) -> Option<String> {
    if uri.contains('#') || !uri.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let parsed: Uri = uri.parse().ok()?;
    let authority = parsed.authority()?;
    if authority.as_str().contains('@') {
        return None;
    }
    let host = authority.host();
    let scheme = parsed.scheme_str()?;
    let is_safe = scheme == "https" || (scheme == "http" && is_here(host));
    is_safe.then(|| format!("{scheme}://{}", authority.as_str().to_ascii_lowercase()))
}

/// The issuer, if its path is `scope` and nothing follows. It is written as browsers write it, who tell us where a form or a
/// passkey comes from: without the port that goes without saying.
pub(crate) fn issuer(uri: &str, scope: &str) -> Option<Address> {
    let origin = of(uri)?;
    let parsed: Uri = origin.parse().ok()?;
    let is_secure = origin.starts_with("https:");
    if parsed.port_u16() == Some(if is_secure { 443 } else { 80 }) {
        return None;
    }
    (uri.strip_prefix(&origin) == Some(scope)).then_some(Address {
        is_secure,
        host: parsed.host()?.to_owned(),
        origin,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_sent_by_tls_or_stay_on_this_machine() {
        assert_eq!(of("https://a.example/x?y").unwrap(), "https://a.example");
        assert_eq!(
            of("http://localhost:5173/cb").unwrap(),
            "http://localhost:5173"
        );
        for bad in [
            "http://a.example/",
            "javascript:alert(1)",
            "https://u@a.example/",
            "https://a.example/#x",
            "/relative",
            "http://localhost.a.example/",
        ] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_issuer_ends_with_the_scope() {
        assert!(issuer("https://a.example/auth", "/auth").unwrap().is_secure);
        let here = issuer("http://localhost:18080/auth", "/auth").unwrap();
        assert!(!here.is_secure);
        assert_eq!(here.host, "localhost");
        for bad in [
            "https://a.example/auth/",
            "https://a.example",
            "http://a.example/auth",
            "https://a.example:443/auth",
            "http://localhost:80/auth",
            "https://A.example/auth",
        ] {
            assert_eq!(issuer(bad, "/auth"), None, "{bad}");
        }
    }
}
