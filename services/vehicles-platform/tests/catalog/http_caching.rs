//! Validators, lifetimes and the release header.

use crate::etl::Etl;
use crate::service::{KEY, NO_REDIS, Service};
use reqwest::Method;

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_has_the_answer_gets_304_without_a_body() {
    let etl = Etl::with_live_release().await;
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    for path in [
        "/vehicles/years",
        "/vehicles/makes?year=2022",
        "/vehicles/search?q=honda",
    ] {
        let first = service.get(path).await;
        let etag = first.header("etag");
        assert!(etag.starts_with("\"2026-01-1."), "{etag}");
        assert_eq!(first.header("x-data-release"), "2026-01-1");
        let lifetime = first.header("cache-control");
        assert!(lifetime.starts_with("private, max-age="), "{lifetime}");
        for known in [
            etag.to_owned(),
            format!("W/{etag}"),
            format!("\"x\", {etag}"),
            "*".to_owned(),
        ] {
            let headers = [("X-API-Key", KEY), ("If-None-Match", known.as_str())];
            let again = service.send(Method::GET, path, &headers).await;
            assert_eq!(
                (again.status.as_u16(), again.text.as_str()),
                (304, ""),
                "{known}"
            );
            assert_eq!(again.header("etag"), etag);
            assert_eq!(again.header("x-data-release"), "2026-01-1");
        }
        let headers = [("X-API-Key", KEY), ("If-None-Match", "\"2026-01-1.0\"")];
        let other = service.send(Method::GET, path, &headers).await;
        assert_eq!((other.status.as_u16(), other.text), (200, first.text));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_kept_by_nobody() {
    let etl = Etl::with_live_release().await;
    let service = Service::ready(&etl, etl.port, NO_REDIS).await;
    for path in [
        "/vehicles/makes",
        "/vehicles/models?year=2022&make_id=99999999",
    ] {
        let headers = [("X-API-Key", KEY), ("If-None-Match", "*")];
        let answer = service.send(Method::GET, path, &headers).await;
        assert!(answer.status.is_client_error());
        assert!(answer.headers.get("etag").is_none());
    }
}
