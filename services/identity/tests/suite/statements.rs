//! Every statement is one that the migrated database takes.

use crate::house::House;
use std::path::Path;

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_can_be_prepared() {
    let house = House::new().await;
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/features");
    let count = house.database.prepares_all(&source).await;
    assert!(count > 60, "{count}");
}
