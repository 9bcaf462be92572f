//! The API document is the committed one, and every route is in it.

use crate::house::House;

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_the_committed_one() {
    let house = House::new().await;
    let printed = house.run(&["openapi"]);
    let printed = String::from_utf8(printed.stdout).unwrap();
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/openapi/tenants-platform.json"
    );
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        printed == committed,
        "the API has changed: `tenants-platform openapi > docs/openapi/tenants-platform.json`, and look at the difference"
    );
    let served = house.get("/openapi.json").await.is(200);
    let document: serde_json::Value = serde_json::from_str(&committed).unwrap();
    assert_eq!(served, document);
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 35, "{}", paths.len());
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["responses"]["401"].is_object(), "{method} {path}");
            assert!(
                operation["summary"].is_string() || operation["description"].is_string(),
                "{method} {path}"
            );
        }
    }
}
