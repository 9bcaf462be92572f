//! The API document is the committed one, and says who may ask.

use crate::house::{House, NO_REDIS, run};

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_the_committed_one() {
    let printed = String::from_utf8(run(&["openapi"]).stdout).unwrap();
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/openapi/application.json"
    );
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        printed == committed,
        "the API has changed: `application openapi > docs/openapi/application.json`, and look at the difference"
    );
    let house = House::start("http://127.0.0.1:1", NO_REDIS, &[]).await;
    let served = house.found("/openapi.json").await;
    let document: serde_json::Value = serde_json::from_str(&committed).unwrap();
    assert_eq!(served, document);
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 20);
    for (path, item) in paths {
        let drop_down = path.starts_with("/api/platform/") && path != "/api/platform/vehicle";
        let is_public = drop_down || path == "/api/health";
        for (method, operation) in item.as_object().unwrap() {
            let wants_token = operation["security"].is_array();
            assert_eq!(wants_token, !is_public, "{method} {path}");
        }
    }
}
