//! Gathering what belongs to a tenant, and making a tenant of it.

use super::domain::archive::{Moved, MovedMember, MovedTenant, Told};
use crate::caller::{Caller, is_user};
use crate::change::Change;
use crate::features::{api_keys, audit, configuration, memberships, tenants};
use ::audit::Note;
use contracts::tenants::{Role, TenantStatus};
use fault::Fault;
use pg::Db;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Everything of a tenant.
pub(super) async fn gather(db: &Db, id: Uuid) -> Result<(Moved, Told), Fault> {
    let tenant = tenants::find(db, id).await?;
    let tenant = tenant.filter(|tenant| tenant.status != TenantStatus::Deleted);
    let tenant = tenant.ok_or_else(Fault::not_found)?;
    let members = memberships::all_of(db, id).await?;
    let (values, keys) = configuration::plain_values(db, id).await?;
    let is_suspended = |status| status == Some(TenantStatus::Suspended);
    let moved = Moved {
        members: members
            .into_iter()
            .map(|member| MovedMember {
                user: member.user,
                role: member.role,
            })
            .collect(),
        configuration: values,
        plan: tenants::plan_of(db, &tenant.plan).await?,
        keys,
        tenant: MovedTenant {
            id: tenant.id,
            external_id: tenant.external_id,
            slug: tenant.slug,
            name: tenant.name,
            plan: tenant.plan,
            // One that is being deleted arrives as it was before.
            suspended: is_suspended(Some(tenant.status)) || is_suspended(tenant.status_before),
            reason: tenant.reason,
        },
    };
    let written = |error| Fault::broken("an export cannot be written", error);
    let told = Told {
        api_keys: serde_json::to_value(api_keys::all_of(db, id).await?).map_err(written)?,
        usage: serde_json::to_value(tenants::quota_of(db, id).await?).map_err(written)?,
        audit: audit::lines_of(db, id).await?,
    };
    Ok((moved, told))
}

/// Makes a tenant of what was gathered elsewhere.
pub(super) async fn settle(db: &Db, caller: &Caller, moved: &Moved) -> Result<Uuid, Fault> {
    let mut change = Change::begin(db, caller).await?;
    let tenant = &moved.tenant;
    tenants::import(
        &mut change,
        tenants::Imported {
            id: tenant.id,
            external_id: tenant.external_id.as_deref(),
            slug: &tenant.slug,
            name: &tenant.name,
            plan: &tenant.plan,
            definition: moved.plan.as_ref(),
            suspended: tenant.suspended,
            reason: tenant.reason.as_deref(),
        },
    )
    .await?;
    let members = checked(&moved.members)?;
    memberships::import(&mut change, tenant.id, &members).await?;
    let (values, keys) = (&moved.configuration, &moved.keys);
    configuration::import(&mut change, tenant.id, values, keys).await?;
    change.note(Note::new("tenant.imported", tenant.id, tenant.id).after(tenant));
    change.commit().await?;
    Ok(tenant.id)
}

/// The members by person.
fn checked(members: &[MovedMember]) -> Result<BTreeMap<&str, Role>, Fault> {
    let mut checked = BTreeMap::new();
    for (place, member) in members.iter().enumerate() {
        let part = format!("/body/members.json/{place}/user");
        if !is_user(&member.user) {
            return Err(Fault::invalid(part, "must be the sub of a token"));
        }
        if checked.insert(member.user.as_str(), member.role).is_some() {
            return Err(Fault::invalid(part, "stands there twice"));
        }
    }
    Ok(checked)
}
