//! What a service says of its database in `/health`.

use crate::{Db, DbError, applied};
use service::health::{Health, Need};
use std::collections::BTreeMap;

/// A capsule and how many migrations it has.
pub type Steps = (&'static str, usize);

impl Db {
    /// Adds the checks `postgres` and `migrations`: without either, nothing can be served.
    pub fn check(&self, health: Health, program: &'static str, capsules: Vec<Steps>) -> Health {
        let (db, migrated) = (self.clone(), self.clone());
        let capsules = std::sync::Arc::new(capsules);
        health
            .check("postgres", Need::Required, move || {
                let db = db.clone();
                async move {
                    db.ping().await.map_err(|error| error.to_string())?;
                    Ok(BTreeMap::new())
                }
            })
            .check("migrations", Need::Required, move || {
                let (db, capsules) = (migrated.clone(), std::sync::Arc::clone(&capsules));
                async move {
                    match is_migrated(&db, &capsules).await {
                        Ok(true) => Ok(BTreeMap::new()),
                        Ok(false) => {
                            Err(format!("migrations are pending; run `{program} migrate`"))
                        }
                        Err(error) => Err(error.to_string()),
                    }
                }
            })
    }
}

/// Whether the database is at this program's version, or a later one: migrations only ever add.
async fn is_migrated(db: &Db, capsules: &[Steps]) -> Result<bool, DbError> {
    for (capsule, steps) in capsules {
        if applied(db, capsule).await? < *steps {
            return Ok(false);
        }
    }
    Ok(true)
}
