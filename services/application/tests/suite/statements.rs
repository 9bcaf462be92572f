//! Every statement is one that the migrated database takes.

use crate::house::{House, NO_REDIS};
use std::path::Path;

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_can_be_prepared() {
    let house = House::start("http://127.0.0.1:1", NO_REDIS, &[]).await;
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/features");
    let count = house.database.prepares_all(&source).await;
    assert!(count > 45, "{count}");
}
