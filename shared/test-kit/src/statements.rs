//! Whether a service's statements are ones that its migrated database takes.

use crate::Database;
use std::path::{Path, PathBuf};

impl Database {
    /// Prepares every statement in the folders `queries` of a source tree, and says how many those are.
    ///
    /// # Panics
    /// At the first that the database refuses.
    pub async fn prepares_all(&self, source: &Path) -> usize {
        let client = self.superuser().await;
        let mut found = Vec::new();
        collect(source, &mut found);
        for path in &found {
            let sql = std::fs::read_to_string(path).unwrap();
            if let Err(error) = client.prepare(&sql).await {
                panic!("{}: {error:?}", path.display());
            }
        }
        found.len()
    }
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.parent().is_some_and(|it| it.ends_with("queries")) {
            found.push(path);
        }
    }
}
