//! What a tenant has set, on its way to another installation.

use super::data::values::Version;
use super::data::{keys, values};
use super::domain::key::Scope;
use crate::change::Change;
use fault::Fault;
use pg::{Db, DbError};
use serde_json::{Map, Value};
use uuid::Uuid;

/// What a tenant has set, without secrets and without what is registered no more.
pub(crate) async fn plain_values(db: &Db, tenant: Uuid) -> Result<Map<String, Value>, DbError> {
    let all = keys::list(db).await?;
    let mut values = values::latest(db, tenant).await?.values;
    values.retain(|name, _| all.iter().any(|key| key.name == *name && !key.secret));
    Ok(values)
}

/// The first version of a tenant that comes from elsewhere. What does not fit here is named.
pub(crate) async fn import(
    change: &mut Change,
    tenant: Uuid,
    wanted: &Map<String, Value>,
) -> Result<(), Fault> {
    if wanted.is_empty() {
        return Ok(());
    }
    let all = keys::list_in(change.transaction()).await?;
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
