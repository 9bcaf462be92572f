//! What a tenant has set, on its way to another installation.

use super::data::values::Version;
use super::data::{keys, values};
use super::domain::key::{Key, Scope};
use crate::change::Change;
use ::audit::Note;
use fault::Fault;
use pg::{Db, DbError};
use serde_json::{Map, Value};
use uuid::Uuid;

/// What a tenant has set, and the keys of that: without secrets and without what is registered no more.
pub(crate) async fn plain_values(
    db: &Db,
    tenant: Uuid,
) -> Result<(Map<String, Value>, Vec<Key>), DbError> {
    let mut values = values::latest(db, tenant).await?.values;
    let mut keys = keys::list(db).await?;
    keys.retain(|key| !key.secret && values.contains_key(&key.name));
    values.retain(|name, _| keys.iter().any(|key| key.name == *name));
    Ok((values, keys))
}

/// The first version of a tenant that comes from elsewhere, with the keys that nobody has registered here yet. What does not
/// fit here is named.
pub(crate) async fn import(
    change: &mut Change,
    tenant: Uuid,
    wanted: &Map<String, Value>,
    brought: &[Key],
) -> Result<(), Fault> {
    if wanted.is_empty() {
        return Ok(());
    }
    let mut all = keys::list_to_change(change.transaction()).await?;
    for key in brought {
        let is_wanted = wanted.contains_key(&key.name);
        if !is_wanted || all.iter().any(|held| held.name == key.name) {
            continue;
        }
        if let Some((_, reason)) = key.fault() {
            let part = format!("/body/keys.json/{}", key.name);
            return Err(Fault::invalid(part, reason));
        }
        keys::put(change.transaction(), key).await?;
        change.note(Note::new("configuration.key_changed", None, &key.name).after(key));
        all.push(key.clone());
    }
    for (name, value) in wanted {
        let part = format!("/body/configuration.json/{name}");
        let key = all.iter().find(|key| key.name == *name);
        let key = key.filter(|key| !key.secret && key.scope == Scope::Tenant);
        let Some(key) = key else {
            return Err(Fault::invalid(part, "cannot be set by a tenant here"));
        };
        if let Some(reason) = key.refusal(value) {
            return Err(Fault::invalid(part, reason));
        }
    }
    let version = Version {
        number: 1,
        values: wanted.clone(),
        changed_by: "import".to_owned(),
        ..Version::default()
    };
    values::insert(change.transaction(), tenant, &version).await?;
    Ok(())
}
