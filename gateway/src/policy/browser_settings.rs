//! What the configuration says about browsers, addresses and compression.

use crate::settings::SettingsError;
use http::{HeaderName, HeaderValue, Method, Uri};
use ipnet::IpNet;
use serde::Deserialize;

/// Which pages of other origins may use a route.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorsSettings {
    /// Origins to the letter: `https://app.example`.
    pub origins: Vec<String>,
    /// Methods that they may use; without any, those of the route.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Request headers that they may set.
    #[serde(default = "usual_headers")]
    pub headers: Vec<String>,
    /// Answer headers that they may read.
    #[serde(default = "readable_headers")]
    pub expose: Vec<String>,
    /// Whether they may send cookies.
    #[serde(default)]
    pub credentials: bool,
    /// How long a browser may remember all this.
    #[serde(default = "ten_minutes")]
    pub max_age_s: u64,
}

/// What browsers are told unless the upstream says it itself; an empty text says nothing.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BrowserHeaders {
    /// `X-Content-Type-Options: nosniff`.
    pub nosniff: bool,
    /// `Referrer-Policy`.
    pub referrer_policy: String,
    /// `Permissions-Policy`.
    pub permissions_policy: String,
    /// `Content-Security-Policy` of JSON answers, which have nothing to load.
    pub json_policy: String,
    /// `Content-Security-Policy` of all others.
    pub other_policy: String,
}

/// Who may come. An address must be allowed, if anything is, and not denied.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AddressSettings {
    /// Networks, for example `10.0.0.0/8`; without any, everybody.
    pub allow: Vec<IpNet>,
    /// Networks that may not come, though allowed.
    pub deny: Vec<IpNet>,
}

impl Default for BrowserHeaders {
    fn default() -> Self {
        Self {
            nosniff: true,
            referrer_policy: "no-referrer".to_owned(),
            permissions_policy: "camera=(), geolocation=(), microphone=(), payment=()".to_owned(),
            json_policy: "default-src 'none'; frame-ancestors 'none'".to_owned(),
            other_policy: "frame-ancestors 'none'".to_owned(),
        }
    }
}

fn usual_headers() -> Vec<String> {
    ["authorization", "content-type", "x-api-key", "x-request-id"]
        .map(str::to_owned)
        .to_vec()
}
fn readable_headers() -> Vec<String> {
    [
        "ratelimit",
        "ratelimit-policy",
        "retry-after",
        "x-request-id",
    ]
    .map(str::to_owned)
    .to_vec()
}
const fn ten_minutes() -> u64 {
    600
}

impl AddressSettings {
    /// Whether an address may come; an IPv4 one is to be given as such.
    pub(crate) fn permit(&self, address: std::net::IpAddr) -> bool {
        let within = |networks: &[IpNet]| networks.iter().any(|network| network.contains(&address));
        (self.allow.is_empty() || within(&self.allow)) && !within(&self.deny)
    }
}

impl CorsSettings {
    /// Checks what types alone cannot.
    pub(crate) fn validate(&self, key: &str) -> Result<(), SettingsError> {
        let wrong = |name: &str, value: &str, reason: &str| SettingsError {
            key: format!("{key}.{name}"),
            reason: format!("{value} {reason}"),
        };
        if let Some(origin) = self.origins.iter().find(|origin| !is_origin(origin)) {
            let reason = "is not an origin such as https://app.example";
            return Err(wrong("origins", origin, reason));
        }
        let is_method = |method: &str| method.parse::<Method>().is_ok();
        if let Some(method) = self.methods.iter().find(|method| !is_method(method)) {
            return Err(wrong("methods", method, "is not a method"));
        }
        let is_name = |name: &str| name != "*" && name.parse::<HeaderName>().is_ok();
        for (key, names) in [("headers", &self.headers), ("expose", &self.expose)] {
            if let Some(name) = names.iter().find(|name| !is_name(name)) {
                return Err(wrong(key, name, "is not the name of a header"));
            }
        }
        Ok(())
    }
}

/// Scheme, host and perhaps a port, as browsers write it.
fn is_origin(text: &str) -> bool {
    text.parse::<Uri>().is_ok_and(|uri| {
        let plain = uri
            .scheme_str()
            .is_some_and(|s| matches!(s, "https" | "http"));
        plain
            && uri.authority().is_some_and(|a| !a.as_str().contains('@'))
            && uri.path_and_query().is_none_or(|path| path == "/")
            && !text.ends_with('/')
            && text.bytes().all(|b| !b.is_ascii_uppercase())
    })
}

impl BrowserHeaders {
    /// Checks what types alone cannot.
    pub(crate) fn validate(&self, key: &str) -> Result<(), SettingsError> {
        let texts = [
            ("referrer_policy", &self.referrer_policy),
            ("permissions_policy", &self.permissions_policy),
            ("json_policy", &self.json_policy),
            ("other_policy", &self.other_policy),
        ];
        let bad = |text: &str| HeaderValue::from_str(text).is_err();
        match texts.iter().find(|(_, text)| bad(text)) {
            Some((name, _)) => Err(SettingsError {
                key: format!("{key}.{name}"),
                reason: "cannot stand in a header".to_owned(),
            }),
            None => Ok(()),
        }
    }
}

/// Checks what is said about browsers, for all routes or one.
pub(crate) fn validate(
    key: &str,
    cors: Option<&CorsSettings>,
    headers: Option<&BrowserHeaders>,
) -> Result<(), SettingsError> {
    let dot = if key.is_empty() { "" } else { "." };
    if let Some(cors) = cors {
        cors.validate(&format!("{key}{dot}cors"))?;
    }
    headers.map_or(Ok(()), |headers| {
        headers.validate(&format!("{key}{dot}browser_headers"))
    })
}
