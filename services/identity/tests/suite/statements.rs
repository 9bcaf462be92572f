//! Every statement is one that the migrated database takes.

use crate::house::House;
use std::path::{Path, PathBuf};

fn statements(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            statements(&path, found);
        } else if path.parent().unwrap().ends_with("queries") {
            found.push(path);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_can_be_prepared() {
    let house = House::new().await;
    let client = house.database.superuser().await;
    let mut found = Vec::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/features");
    statements(&source, &mut found);
    assert!(found.len() > 60, "{}", found.len());
    for path in found {
        let sql = std::fs::read_to_string(&path).unwrap();
        if let Err(error) = client.prepare(&sql).await {
            panic!("{}: {error:?}", path.display());
        }
    }
}
