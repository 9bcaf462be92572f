//! The registry of problem kinds: one row each, and a kind never changes its meaning.

macro_rules! registry {
    ($($(#[$doc:meta])* $name:ident = $status:literal, $slug:literal, $title:literal;)*) => {
        /// A kind of problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every kind, in the order of `docs/ERRORS.md`.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The HTTP status that goes with the kind.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// The kind as programs know it, in `snake_case`.
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)* }
            }

            /// The kind in words.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

impl Code {
    /// What the caller would have to show, for `WWW-Authenticate` (RFC 9110 §11.6.1, RFC 6750 §3).
    pub const fn challenge(self) -> Option<&'static str> {
        Some(match self {
            Self::ApiKeyMissing
            | Self::ApiKeyUnknown
            | Self::ApiKeyExpired
            | Self::ApiKeyRevoked => "ApiKey header=\"X-API-Key\"",
            Self::TokenMissing => "Bearer",
            Self::TokenInvalid => "Bearer error=\"invalid_token\"",
            Self::TokenExpired => {
                "Bearer error=\"invalid_token\", error_description=\"The token has expired\""
            }
            _ => return None,
        })
    }
}

registry! {
    /// The request cannot be read at all.
    BadRequest = 400, "bad_request", "The request cannot be read";
    /// The path is ambiguous or written in a way that could mean two things.
    BadPath = 400, "bad_path", "The path is not in its plain form";
    /// A header is malformed, repeated or contradicts another.
    BadHeader = 400, "bad_header", "A header is not acceptable";
    /// The body is not JSON, or not the JSON that the route reads.
    BadJson = 400, "bad_json", "The body is not readable JSON";
    /// No API key came with the request.
    ApiKeyMissing = 401, "api_key_missing", "An API key is required";
    /// The API key is not one of those in force.
    ApiKeyUnknown = 401, "api_key_unknown", "The API key is not valid";
    /// The API key was valid until some time ago.
    ApiKeyExpired = 401, "api_key_expired", "The API key has expired";
    /// The API key was taken back.
    ApiKeyRevoked = 401, "api_key_revoked", "The API key has been revoked";
    /// No token came with the request.
    TokenMissing = 401, "token_missing", "A token is required";
    /// The token is not one that is accepted here.
    TokenInvalid = 401, "token_invalid", "The token is not valid";
    /// The token's time is over.
    TokenExpired = 401, "token_expired", "The token has expired";
    /// The caller is known but may not do this.
    Forbidden = 403, "forbidden", "This is not permitted";
    /// The API key is valid, but not for this.
    ScopeMissing = 403, "scope_missing", "The API key does not permit this";
    /// The API key is valid, but not from this address.
    NetworkDenied = 403, "network_denied", "The API key may not be used from this address";
    /// The tenant's plan does not include any more of this.
    QuotaExceeded = 403, "quota_exceeded", "The plan's limit is reached";
    /// The client's address is not among those that may come.
    AddressDenied = 403, "address_denied", "The address may not come here";
    /// There is no such route or thing.
    NotFound = 404, "not_found", "There is nothing here";
    /// The route exists, with other methods.
    MethodNotAllowed = 405, "method_not_allowed", "The method is not allowed here";
    /// The client took too long to send its request.
    RequestTimeout = 408, "request_timeout", "The request took too long to arrive";
    /// The thing is not in a state in which this can be done.
    Conflict = 409, "conflict", "This conflicts with the present state";
    /// Without this member the tenant would have no owner.
    LastOwner = 409, "last_owner", "A tenant needs an owner";
    /// The thing has changed since the caller read it.
    PreconditionFailed = 412, "precondition_failed", "This has changed in the meantime";
    /// The body is larger than the route allows.
    BodyTooLarge = 413, "body_too_large", "The body is too large";
    /// The request target is longer than 8 kB.
    UriTooLong = 414, "uri_too_long", "The request target is too long";
    /// The body is of a type that the route does not read.
    UnsupportedMediaType = 415, "unsupported_media_type", "The body is of an unsupported type";
    /// The request is readable, but a parameter is missing or not acceptable.
    InvalidParameter = 422, "invalid_parameter", "A parameter is missing or not acceptable";
    /// The request is readable, but its body is not acceptable.
    InvalidBody = 422, "invalid_body", "The body is not acceptable";
    /// The idempotency key came before with another request.
    IdempotencyMismatch = 422, "idempotency_mismatch", "The idempotency key belongs to another request";
    /// The route wants to know which version the caller has read.
    PreconditionRequired = 428, "precondition_required", "If-Match is required";
    /// Too many requests.
    TooManyRequests = 429, "too_many_requests", "Too many requests";
    /// The caller is faster than its limit.
    RateLimited = 429, "rate_limited", "The rate limit is reached";
    /// The caller has asked as often as it may today.
    DailyQuotaExceeded = 429, "daily_quota_exceeded", "The quota of the day is used up";
    /// The head is larger than the server reads.
    HeadTooLarge = 431, "head_too_large", "The request head is too large";
    /// Something failed that the client can do nothing about.
    Internal = 500, "internal", "Something went wrong on our side";
    /// The method or transfer coding is not one this server knows.
    NotImplemented = 501, "not_implemented", "This is not implemented";
    /// The service behind the gateway broke the protocol.
    BadGateway = 502, "bad_gateway", "The service behind the gateway answered wrongly";
    /// The service, or one it cannot do without, is not available now.
    Unavailable = 503, "unavailable", "The service is not available now";
    /// No vehicle data has been loaded yet.
    NoRelease = 503, "no_release", "No vehicle data has been loaded yet";
    /// The service behind the gateway did not answer in time.
    GatewayTimeout = 504, "gateway_timeout", "The service behind the gateway did not answer in time";
    /// The request is of an HTTP version other than 1.0, 1.1 or 2.
    VersionNotSupported = 505, "version_not_supported", "The HTTP version is not supported";
}
