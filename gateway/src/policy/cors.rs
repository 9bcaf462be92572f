//! Cross-origin requests (the Fetch standard's CORS protocol): who may read answers from a page.

use super::CorsSettings;
use http::Method;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue, ORIGIN, VARY,
};
use http::request::Parts;

/// The rules of one route, ready to be written.
pub(crate) struct Cors {
    origins: Vec<HeaderValue>,
    methods: HeaderValue,
    headers: HeaderValue,
    expose: HeaderValue,
    max_age: HeaderValue,
    credentials: bool,
}

impl Cors {
    /// The rules from valid settings; without methods of their own they have the route's.
    pub(crate) fn new(settings: &CorsSettings, of_route: &[String]) -> Self {
        let list = |names: &[String]| {
            HeaderValue::from_str(&names.join(", ")).unwrap_or(HeaderValue::from_static(""))
        };
        let methods = if settings.methods.is_empty() {
            of_route
        } else {
            &settings.methods
        };
        let origins = settings.origins.iter();
        Self {
            origins: origins
                .filter_map(|origin| HeaderValue::from_str(origin).ok())
                .collect(),
            methods: list(methods),
            headers: list(&settings.headers),
            expose: list(&settings.expose),
            max_age: HeaderValue::from(settings.max_age_s),
            credentials: settings.credentials,
        }
    }

    /// The request's origin, if it is listed.
    pub(crate) fn origin_of(&self, request: &Parts) -> Option<HeaderValue> {
        let mut origins = request.headers.get_all(ORIGIN).iter();
        let (Some(origin), None) = (origins.next(), origins.next()) else {
            return None;
        };
        self.origins.contains(origin).then(|| origin.clone())
    }

    /// Puts on an answer what its origin may do; for one that is not listed, nothing.
    pub(crate) fn put_on(
        &self,
        headers: &mut HeaderMap,
        origin: Option<HeaderValue>,
        preflight: bool,
    ) {
        // This route's rules stand here: an upstream that has its own would only double them.
        for name in [
            ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_ALLOW_CREDENTIALS,
            ACCESS_CONTROL_EXPOSE_HEADERS,
        ] {
            headers.remove(name);
        }
        vary(headers, HeaderValue::from_static("Origin"));
        let Some(origin) = origin else { return };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if self.credentials {
            let yes = HeaderValue::from_static("true");
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
        }
        if preflight {
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, self.methods.clone());
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, self.headers.clone());
            headers.insert(ACCESS_CONTROL_MAX_AGE, self.max_age.clone());
        } else if !self.expose.is_empty() {
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, self.expose.clone());
        }
    }
}

/// Whether a browser asks beforehand what a page may do.
pub(crate) fn is_preflight(request: &Parts) -> bool {
    request.method == Method::OPTIONS
        && request.headers.contains_key(ORIGIN)
        && request.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Says that the answer depends on a header of the request.
pub(crate) fn vary(headers: &mut HeaderMap, on: HeaderValue) {
    let said = headers.get_all(VARY).iter().any(|value| {
        let mut names = value
            .as_bytes()
            .split(|b| *b == b',')
            .map(<[u8]>::trim_ascii);
        names.any(|name| name == b"*" || name.eq_ignore_ascii_case(on.as_bytes()))
    });
    if !said {
        headers.append(VARY, on);
    }
}
