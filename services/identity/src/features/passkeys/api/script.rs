//! `/passkeys.js`: the one script.

use actix_web::http::header::{CACHE_CONTROL, ETAG, EntityTag, Header, IF_NONE_MATCH, IfNoneMatch};
use actix_web::{HttpRequest, HttpResponse};
use aws_lc_rs::digest::{SHA256, digest};

const SCRIPT: &str = include_str!("passkeys.js");

/// Asked for each time, sent once: a page and its script are always of one version.
pub(super) async fn show(request: HttpRequest) -> HttpResponse {
    let tag = EntityTag::new_strong(audit::hex(digest(&SHA256, SCRIPT.as_bytes()).as_ref()));
    let known = request.headers().contains_key(IF_NONE_MATCH);
    let known = known && IfNoneMatch::parse(&request).is_ok_and(|it| is_known(&it, &tag));
    let mut response = if known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((ETAG, tag.to_string()));
    if known {
        return response.finish();
    }
    response
        .content_type("text/javascript; charset=utf-8")
        .body(SCRIPT)
}

fn is_known(sent: &IfNoneMatch, tag: &EntityTag) -> bool {
    match sent {
        IfNoneMatch::Any => true,
        // Weakly: the gateway may have packed it.
        IfNoneMatch::Items(items) => items.iter().any(|item| item.weak_eq(tag)),
    }
}
