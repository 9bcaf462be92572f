//! Every reason for which a request is refused, with the problem it is answered with.

use problem::Code;

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $code:ident, $label:literal, $detail:literal;)*) => {
        /// Why a request is refused before it reaches an upstream.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Refusal { $($(#[$doc])* $name,)* }

        impl Refusal {
            /// Every reason.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The kind of problem that the client reads.
            pub const fn code(self) -> Code {
                match self { $(Self::$name => Code::$code,)* }
            }

            /// The reason as it stands in metrics and logs.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)* }
            }

            /// What the client is told.
            pub const fn detail(self) -> &'static str {
                match self { $(Self::$name => $detail,)* }
            }
        }
    };
}

refusals! {
    /// A line ends in LF without CR before it (RFC 9112 §2.2 allows it, smuggling lives on it).
    BareLf = BadRequest, "bare_lf", "A line of the request head does not end in CR LF.";
    /// The request line is not `method SP target SP HTTP/1.x`.
    RequestLine = BadRequest, "request_line", "The request line is malformed.";
    /// A method nobody registered here.
    UnknownMethod = NotImplemented, "unknown_method", "The method is not known here.";
    /// TRACE and CONNECT.
    ForbiddenMethod = MethodNotAllowed, "forbidden_method", "The method is not allowed here.";
    /// An HTTP version other than 1.0 and 1.1.
    Version = VersionNotSupported, "version", "Speak HTTP/1.1 or HTTP/1.0.";
    /// The request target is over the limit.
    TargetTooLong = UriTooLong, "target_too_long", "The request target is too long.";
    /// The request target holds a character that no URI has.
    Target = BadRequest, "target", "The request target is not a URI.";
    /// The head is over the limit.
    HeadTooLarge = HeadTooLarge, "head_too_large", "The request head is too large.";
    /// More header fields than the limit.
    TooManyHeaders = HeadTooLarge, "too_many_headers", "There are too many header fields.";
    /// A header line that is not `name: value`, or continues the line before.
    HeaderLine = BadHeader, "header_line", "A header line is malformed.";
    /// A header name with an underscore: many servers read it as a hyphen.
    HeaderUnderscore = BadHeader, "header_underscore", "A header name holds an underscore.";
    /// A control character in a header value.
    HeaderValue = BadHeader, "header_value", "A header value holds a control character.";
    /// A header that may come once came more than once.
    DuplicateHeader = BadHeader, "duplicate_header", "A header that may come only once came again.";
    /// HTTP/1.1 without Host.
    HostMissing = BadHeader, "host_missing", "The Host header is missing.";
    /// Host with anything but a name and a port.
    HostMalformed = BadHeader, "host_malformed", "The Host header is not a name and a port.";
    /// An absolute-form target for another host than the Host header.
    HostMismatch = BadHeader, "host_mismatch", "The target and the Host header name different hosts.";
    /// A Content-Length that is not one plain number.
    ContentLength = BadHeader, "content_length", "Content-Length is not a plain number.";
    /// Both framings at once.
    LengthAndCoding = BadHeader, "length_and_coding", "Content-Length and Transfer-Encoding came together.";
    /// A transfer coding other than `chunked` alone.
    TransferCoding = NotImplemented, "transfer_coding", "The only transfer coding known here is chunked.";
    /// A transfer coding in HTTP/1.0, which has none.
    CodingInHttp10 = BadHeader, "coding_in_http10", "HTTP/1.0 has no transfer codings.";
    /// GET or HEAD with a body.
    UnexpectedBody = BadRequest, "unexpected_body", "A GET or HEAD request has no body.";
    /// Too many tokens in Connection, or one that is no token.
    Connection = BadHeader, "connection", "The Connection header is malformed or too long.";
    /// An expectation other than 100-continue.
    Expectation = BadHeader, "expectation", "The only expectation known here is 100-continue.";
    /// The head did not arrive in time.
    HeadTimeout = RequestTimeout, "head_timeout", "The request head took too long to arrive.";
    /// A chunked body that is not framed as RFC 9112 §7.1 says.
    BodyFraming = BadRequest, "body_framing", "The body is not framed as announced.";
    /// The body stopped coming.
    BodyTimeout = RequestTimeout, "body_timeout", "The request body took too long to arrive.";
    /// The body is over the route's limit.
    BodyTooLarge = BodyTooLarge, "body_too_large", "The body is larger than this route takes.";
    /// The client closed before its body was complete.
    BodyCutShort = BadRequest, "body_cut_short", "The body ended before its announced end.";
    /// A path that could mean two things.
    Path = BadPath, "path", "Write the path plainly: no dot segments, empty segments, backslashes or encoded separators.";
    /// No route has this path.
    NoRoute = NotFound, "no_route", "No route has this path.";
    /// The route is closed for the time being.
    Maintenance = Unavailable, "maintenance", "The service is being worked on; ask again later.";
    /// The route does not take this method.
    MethodOfRoute = MethodNotAllowed, "method_of_route", "This route does not take the method.";
    /// The route wants an API key and none came.
    KeyMissing = ApiKeyMissing, "api_key_missing", "Send your key in the X-API-Key header.";
    /// The API key is not in force.
    KeyUnknown = ApiKeyUnknown, "api_key_unknown", "This key is not, or no longer, valid.";
    /// The key's time is over.
    KeyExpired = ApiKeyExpired, "api_key_expired", "This key has expired.";
    /// The key was taken back.
    KeyRevoked = ApiKeyRevoked, "api_key_revoked", "This key has been revoked.";
    /// The key is valid, but not for this route.
    KeyScope = ScopeMissing, "scope_missing", "This key does not permit this.";
    /// The key is valid, but not from this address.
    KeyNetwork = NetworkDenied, "network_denied", "This key may not be used from your address.";
    /// The key's tenant is suspended, or on its way out.
    TenantInactive = Forbidden, "tenant_inactive", "The tenant of this key is not active.";
    /// The key is not known, and the tenants platform cannot be asked.
    KeysAway = Unavailable, "keys_away", "Keys cannot be checked now.";
    /// The client's address is not among those that may come.
    AddressDenied = AddressDenied, "address_denied", "Your address may not come here.";
    /// The route wants a token and none came.
    TokenMissing = TokenMissing, "token_missing", "Send your token in the Authorization header: Bearer and the token.";
    /// The token is not the issuer's, not for here, or not readable.
    TokenInvalid = TokenInvalid, "token_invalid", "This token is not valid here.";
    /// The token's time is over.
    TokenExpired = TokenExpired, "token_expired", "This token has expired.";
    /// The token lacks a scope.
    TokenScope = Forbidden, "token_scope", "This token does not permit this.";
    /// The issuer's keys are not known.
    TokenKeys = Unavailable, "token_keys", "Tokens cannot be checked now.";
    /// The caller is faster than a limit of the route.
    RateLimited = RateLimited, "rate_limited", "You ask faster than this route or your plan allows; see Retry-After.";
    /// The caller has asked as often as it may today.
    QuotaExceeded = DailyQuotaExceeded, "daily_quota_exceeded", "You have asked as often as you may today; see Retry-After.";
    /// A limit cannot be looked up, and the route is closed then.
    LimitUnknown = Unavailable, "limit_unknown", "Limits cannot be checked now.";
    /// The upstream cannot be connected to.
    UpstreamDown = Unavailable, "upstream_down", "The service behind the gateway cannot be reached.";
    /// Every connection the upstream may have is in use.
    UpstreamBusy = Unavailable, "upstream_busy", "The service behind the gateway is busy.";
    /// So many requests to the upstream failed that it is left alone for a while.
    UpstreamOpen = Unavailable, "upstream_open", "The service behind the gateway failed too often; ask again later.";
    /// The upstream did not answer in time.
    UpstreamTimeout = GatewayTimeout, "upstream_timeout", "The service behind the gateway did not answer in time.";
    /// The upstream broke the protocol.
    UpstreamBroken = BadGateway, "upstream_broken", "The service behind the gateway answered wrongly.";
}

impl Refusal {
    /// Whether what follows on the connection can no longer be trusted to be a request.
    pub const fn closes_connection(self) -> bool {
        !matches!(
            self,
            Self::Path
                | Self::NoRoute
                | Self::Maintenance
                | Self::MethodOfRoute
                | Self::KeyMissing
                | Self::KeyUnknown
                | Self::KeyExpired
                | Self::KeyRevoked
                | Self::KeyScope
                | Self::KeyNetwork
                | Self::TenantInactive
                | Self::KeysAway
                | Self::AddressDenied
                | Self::TokenMissing
                | Self::TokenInvalid
                | Self::TokenExpired
                | Self::TokenScope
                | Self::TokenKeys
                | Self::RateLimited
                | Self::QuotaExceeded
                | Self::LimitUnknown
                | Self::UpstreamDown
                | Self::UpstreamBusy
                | Self::UpstreamOpen
                | Self::UpstreamTimeout
                | Self::UpstreamBroken
        )
    }

    /// What the client would have to show, for `WWW-Authenticate` (RFC 6750 §3).
    pub const fn challenge(self) -> Option<&'static str> {
        match self {
            Self::TokenScope => Some("Bearer error=\"insufficient_scope\""),
            _ => self.code().challenge(),
        }
    }

    /// The reason with this label.
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|r| r.label() == label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_leads_back_to_its_reason() {
        for reason in Refusal::ALL {
            assert_eq!(Refusal::from_label(reason.label()), Some(*reason));
        }
    }
}
