//! Lines and request lines that are no HTTP/1.1, or not to everybody.

use crate::framing_cases::Case;

pub(crate) const LINES: &[Case] = &[
    (
        "bare LF everywhere",
        b"GET /open HTTP/1.1\nHost: t\n\n",
        400,
    ),
    (
        "bare LF after the request line",
        b"GET /open HTTP/1.1\nHost: t\r\n\r\n",
        400,
    ),
    (
        "bare LF after a header",
        b"GET /open HTTP/1.1\r\nHost: t\nX-A: b\r\n\r\n",
        400,
    ),
    (
        "bare LF as the empty line",
        b"GET /open HTTP/1.1\r\nHost: t\r\n\n",
        400,
    ),
    (
        "bare CR in a header",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX-A: b\rX-C: d\r\n\r\n",
        400,
    ),
    (
        "bare CR in the request line",
        b"GET /open\rx HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "two CR before LF",
        b"GET /open HTTP/1.1\r\nHost: t\r\r\n\r\n",
        400,
    ),
    (
        "NUL in a header value",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX-A: b\x00c\r\n\r\n",
        400,
    ),
    (
        "NUL in a header name",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX\x00A: b\r\n\r\n",
        400,
    ),
    (
        "escape in a header value",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX-A: \x1b[2J\r\n\r\n",
        400,
    ),
    (
        "DEL in a header value",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX-A: b\x7f\r\n\r\n",
        400,
    ),
    (
        "continued header",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX-A: b\r\n c\r\n\r\n",
        400,
    ),
    (
        "blank before the first header",
        b"GET /open HTTP/1.1\r\n Host: t\r\n\r\n",
        400,
    ),
    (
        "header without colon",
        b"GET /open HTTP/1.1\r\nHost: t\r\nbroken\r\n\r\n",
        400,
    ),
    (
        "header without name",
        b"GET /open HTTP/1.1\r\nHost: t\r\n: b\r\n\r\n",
        400,
    ),
    (
        "blank in a header name",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX A: b\r\n\r\n",
        400,
    ),
    (
        "blank before colon",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX-A : b\r\n\r\n",
        400,
    ),
    (
        "tab before colon",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX-A\t: b\r\n\r\n",
        400,
    ),
    (
        "header name beyond ASCII",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX-\xc3\xa4: b\r\n\r\n",
        400,
    ),
    (
        "header name with brackets",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX[A]: b\r\n\r\n",
        400,
    ),
    (
        "two empty lines first",
        b"\r\n\r\nGET /open HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "header continued by a tab",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX-A: b\r\n\tc\r\n\r\n",
        400,
    ),
    (
        "continued Host",
        b"GET /open HTTP/1.1\r\nHost:\r\n t\r\n\r\n",
        400,
    ),
    (
        "line of one blank",
        b"GET /open HTTP/1.1\r\nHost: t\r\n \r\n\r\n",
        400,
    ),
    (
        "line of one CR",
        b"GET /open HTTP/1.1\r\nHost: t\r\n\r\r\n\r\n",
        400,
    ),
    (
        "LF before CR",
        b"GET /open HTTP/1.1\n\rHost: t\n\r\n\r",
        400,
    ),
    ("LF first", b"\nGET /open HTTP/1.1\r\nHost: t\r\n\r\n", 400),
    ("CR first", b"\rGET /open HTTP/1.1\r\nHost: t\r\n\r\n", 400),
    (
        "byte order mark first",
        b"\xef\xbb\xbfGET /open HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "vertical tab in a header value",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX-A: b\x0bc\r\n\r\n",
        400,
    ),
    (
        "form feed in a header value",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX-A: b\x0cc\r\n\r\n",
        400,
    ),
    (
        "backspace in a header value",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX-A: b\x08c\r\n\r\n",
        400,
    ),
    (
        "header name with a slash",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX/A: b\r\n\r\n",
        400,
    ),
    (
        "header name with an at sign",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX@A: b\r\n\r\n",
        400,
    ),
    (
        "header name in quotes",
        b"GET /open HTTP/1.1\r\nHost: t\r\n\"X-A\": b\r\n\r\n",
        400,
    ),
    (
        "header name with a comma",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX,A: b\r\n\r\n",
        400,
    ),
    (
        "header name with an equals sign",
        b"GET /open HTTP/1.1\r\nHost: t\r\nX=A: b\r\n\r\n",
        400,
    ),
    (
        "pseudo-header of HTTP/2",
        b"GET /open HTTP/1.1\r\nHost: t\r\n:path: /private\r\n\r\n",
        400,
    ),
];

pub(crate) const REQUEST_LINES: &[Case] = &[
    (
        "lower-case method",
        b"get /open HTTP/1.1\r\nHost: t\r\n\r\n",
        501,
    ),
    (
        "unknown method",
        b"BREW /open HTTP/1.1\r\nHost: t\r\n\r\n",
        501,
    ),
    (
        "the gateway's own stand-in",
        b"REFUSED /bare_lf HTTP/1.1\r\nHost: t\r\n\r\n",
        501,
    ),
    ("TRACE", b"TRACE /open HTTP/1.1\r\nHost: t\r\n\r\n", 405),
    (
        "CONNECT",
        b"CONNECT t:443 HTTP/1.1\r\nHost: t:443\r\n\r\n",
        405,
    ),
    (
        "method with brackets",
        b"GE[T /open HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    ("empty method", b" /open HTTP/1.1\r\nHost: t\r\n\r\n", 400),
    ("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 501),
    ("version 2.0", b"GET /open HTTP/2.0\r\nHost: t\r\n\r\n", 505),
    ("version 1.2", b"GET /open HTTP/1.2\r\nHost: t\r\n\r\n", 505),
    ("version 0.9", b"GET /open HTTP/0.9\r\nHost: t\r\n\r\n", 505),
    (
        "version in lower case",
        b"GET /open http/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    ("version cut", b"GET /open HTTP/1\r\nHost: t\r\n\r\n", 400),
    (
        "version longer",
        b"GET /open HTTP/1.10\r\nHost: t\r\n\r\n",
        400,
    ),
    ("no version", b"GET /open\r\nHost: t\r\n\r\n", 400),
    (
        "two blanks before the target",
        b"GET  /open HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "two blanks before the version",
        b"GET /open  HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "tab as delimiter",
        b"GET\t/open\tHTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "blank in the target",
        b"GET /open x HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "blank at the end",
        b"GET /open HTTP/1.1 \r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "fragment in the target",
        b"GET /open#x HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "target beyond ASCII",
        b"GET /open/\xc3\xa4 HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "target with control character",
        b"GET /open/\x01 HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "target without slash",
        b"GET open HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "asterisk target",
        b"OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "authority target",
        b"GET t:80 HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "another scheme",
        b"GET ftp://t/open HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    ("empty target", b"GET  HTTP/1.1\r\nHost: t\r\n\r\n", 400),
    (
        "target of a query",
        b"GET ?x HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "target with NUL",
        b"GET /open\x00 HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "target with DEL",
        b"GET /open\x7f HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "target with angle brackets",
        b"GET /open/<x> HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "target with a grave accent",
        b"GET /open/` HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "query with angle brackets",
        b"GET /open?q=<x> HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "query with quotes",
        b"GET /open?q=\"x\" HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "query with a fragment",
        b"GET /open?q#x HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "query beyond ASCII",
        b"GET /open?q=\xff HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "absolute target without a host",
        b"GET http:///open HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "absolute target of nothing",
        b"GET http:// HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "absolute target with one slash",
        b"GET http:/open HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "absolute target with a backslash",
        b"GET http://t\\@u/open HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "absolute target with a port beyond 65535",
        b"GET http://t:99999/open HTTP/1.1\r\nHost: t:99999\r\n\r\n",
        400,
    ),
    (
        "absolute target without Host",
        b"GET http://t/open HTTP/1.1\r\n\r\n",
        400,
    ),
    (
        "a file as target",
        b"GET file:///open HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "CONNECT to a path",
        b"CONNECT /open HTTP/1.1\r\nHost: t\r\n\r\n",
        405,
    ),
    (
        "trace in lower case",
        b"trace /open HTTP/1.1\r\nHost: t\r\n\r\n",
        501,
    ),
    (
        "a method of WebDAV",
        b"PROPFIND /open HTTP/1.1\r\nHost: t\r\n\r\n",
        501,
    ),
    (
        "a method of caches",
        b"PURGE /open HTTP/1.1\r\nHost: t\r\n\r\n",
        501,
    ),
    (
        "method with NUL",
        b"GE\x00T /open HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "method with a colon",
        b"GET: /open HTTP/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "line of a proxy",
        b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\nGET /open HTTP/1.1\r\nHost: t\r\n\r\n",
        501,
    ),
    (
        "an answer as request",
        b"HTTP/1.1 200 OK\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "version with sign",
        b"GET /open HTTP/+1.1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "version with comma",
        b"GET /open HTTP/1,1\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "version with NUL",
        b"GET /open HTTP/1.1\x00\r\nHost: t\r\n\r\n",
        400,
    ),
    (
        "version of TLS",
        b"GET /open HTTPS/1.1\r\nHost: t\r\n\r\n",
        400,
    ),
];
