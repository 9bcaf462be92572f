//! `/passkeys.js`: the one script.

use actix_web::http::header::{CACHE_CONTROL, ETAG};
use actix_web::{HttpRequest, HttpResponse};
use aws_lc_rs::digest::{SHA256, digest};
use service::server::validators::is_known;
use std::sync::LazyLock;

const SCRIPT: &str = include_str!("passkeys.js");
static TAG: LazyLock<String> = LazyLock::new(|| {
    let hash = digest(&SHA256, SCRIPT.as_bytes());
    format!("\"{}\"", audit::hex(hash.as_ref()))
});

/// Asked for each time, sent once: a page and its script are always of one version.
pub(super) async fn show(request: HttpRequest) -> HttpResponse {
    let known = is_known(request.headers(), &TAG);
    let mut response = if known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((ETAG, TAG.as_str()));
    if known {
        return response.finish();
    }
    response
        .content_type("text/javascript; charset=utf-8")
        .body(SCRIPT)
}
