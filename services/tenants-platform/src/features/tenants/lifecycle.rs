//! Making a tenant, taking it through its life, and removing it.

use super::data::tenants::Tenant;
use super::data::{idempotency, plans, tenants, usage};
use super::domain::life::{Step, after};
use super::domain::naming::{name_fault, reason_fault};
use super::domain::plan::Plan;
use super::domain::slug;
use crate::caller::Caller;
use crate::change::Change;
use crate::features::{api_keys, configuration, memberships, webhooks};
use ::audit::Note;
use contracts::tenants::TenantStatus;
use fault::Fault;
use jiff::{SignedDuration, Timestamp};
use pg::Db;
use problem::{Code, Problem};
use uuid::Uuid;

/// How many slugs are tried for a name.
const SLUGS_TRIED: usize = 5;

/// A tenant to make.
#[derive(Debug, Clone)]
pub(super) struct NewTenant {
    pub(super) name: String,
    pub(super) slug: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) plan: String,
    /// The first member.
    pub(super) owner: Option<String>,
    pub(super) activate: bool,
}

/// A caller's idempotency key, and a digest of what came with it.
#[derive(Debug, Clone)]
pub(super) struct Once {
    pub(super) key: String,
    pub(super) request: Vec<u8>,
}

/// A tenant, and whether it was made just now.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) tenant: Tenant,
    pub(super) is_new: bool,
}

/// Makes a tenant, once for its external id and for the caller's key.
pub(super) async fn create(
    db: &Db,
    caller: &Caller,
    new: &NewTenant,
    once: Option<&Once>,
) -> Result<Made, Fault> {
    let mut change = Change::begin(db, caller).await?;
    if let Some(made) = made_before(&change, caller, new, once).await? {
        return Ok(made);
    }
    let plan = plans::find(change.transaction(), &new.plan).await?;
    plan.ok_or_else(|| Fault::invalid("/body/plan", "is not a plan"))?;
    let Some(tenant) = insert(&change, new).await? else {
        // Somebody else made it between the look and the insertion.
        let made = made_before(&change, caller, new, once).await?;
        return made.ok_or_else(|| taken(new));
    };
    change.note(Note::new("tenant.created", tenant.id, tenant.id).after(&tenant));
    if let Some(owner) = &new.owner {
        memberships::add_first_owner(&mut change, tenant.id, owner).await?;
    }
    let tenant = if new.activate {
        step(&mut change, tenant, Step::Activate, None, 0).await?
    } else {
        tenant
    };
    if let Some(once) = once {
        let (consumer, key) = (&caller.consumer, &once.key);
        idempotency::insert(
            change.transaction(),
            consumer,
            key,
            &once.request,
            tenant.id,
        )
        .await?;
    }
    change.commit().await?;
    Ok(Made {
        tenant,
        is_new: true,
    })
}

async fn made_before(
    change: &Change,
    caller: &Caller,
    new: &NewTenant,
    once: Option<&Once>,
) -> Result<Option<Made>, Fault> {
    let transaction = change.transaction();
    let old = |tenant| Made {
        tenant,
        is_new: false,
    };
    if let Some(once) = once
        && let Some((request, id)) =
            idempotency::find(transaction, &caller.consumer, &once.key).await?
    {
        if request != once.request {
            return Err(Problem::new(Code::IdempotencyMismatch)
                .detail("This Idempotency-Key came before with another body.")
                .error("/header/Idempotency-Key", "belongs to another request")
                .into());
        }
        let tenant = tenants::lock(transaction, id).await?;
        return Ok(tenant.map(old));
    }
    match &new.external_id {
        None => Ok(None),
        Some(id) => Ok(tenants::by_external_id(transaction, id).await?.map(old)),
    }
}

async fn insert(change: &Change, new: &NewTenant) -> Result<Option<Tenant>, Fault> {
    let now = pg::now();
    let mut tenant = Tenant {
        id: Uuid::now_v7(),
        external_id: new.external_id.clone(),
        slug: String::new(),
        name: new.name.clone(),
        status: TenantStatus::Provisioning,
        status_before: None,
        reason: None,
        plan: new.plan.clone(),
        version: 1,
        created_at: now,
        updated_at: now,
        delete_after: None,
    };
    for attempt in 0..SLUGS_TRIED {
        tenant.slug = match (&new.slug, attempt) {
            (Some(slug), 0) => slug.clone(),
            (Some(_), _) => return Ok(None),
            (None, 0) => slug::proposed(&new.name, ""),
            (None, _) => slug::proposed(&new.name, &vault::random_text(6).to_ascii_lowercase()),
        };
        if let Some(made) = tenants::insert(change.transaction(), &tenant).await? {
            return Ok(Some(made));
        }
    }
    Ok(None)
}

fn taken(new: &NewTenant) -> Fault {
    let problem = Problem::new(Code::Conflict);
    match &new.slug {
        Some(_) => problem
            .detail("The slug is taken.")
            .error("/body/slug", "is taken"),
        None => problem.detail("No free slug was found for this name; give one."),
    }
    .into()
}

/// Takes a tenant one step, and writes it down.
pub(super) async fn step(
    change: &mut Change,
    tenant: Tenant,
    step: Step,
    reason: Option<String>,
    grace_days: u16,
) -> Result<Tenant, Fault> {
    let Some(status) = after(tenant.status, step, tenant.status_before) else {
        if step.is_taken(tenant.status) {
            return Ok(tenant);
        }
        return Err(Fault::conflict(format!(
            "The tenant is {}.",
            tenant.status.as_str()
        )));
    };
    let grace = SignedDuration::from_hours(i64::from(grace_days) * 24);
    let deletion = (step == Step::Delete).then(|| pg::now().saturating_add(grace));
    let changed = Tenant {
        status,
        status_before: (step == Step::Delete).then_some(tenant.status),
        reason: match step {
            Step::Suspend => reason,
            Step::Delete | Step::Restore => tenant.reason.clone(),
            _ => None,
        },
        delete_after: deletion
            .transpose()
            .map_err(|error| Fault::broken("the grace period is out of range", error))?,
        ..tenant.clone()
    };
    let changed = tenants::update(change.transaction(), &changed).await?;
    let note = Note::new(step.action(), tenant.id, tenant.id);
    change.note(note.before(&tenant).after(&changed));
    Ok(changed)
}

/// A tenant that comes from another installation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Imported<'a> {
    pub(crate) id: Uuid,
    pub(crate) external_id: Option<&'a str>,
    pub(crate) slug: &'a str,
    pub(crate) name: &'a str,
    pub(crate) plan: &'a str,
    /// What the plan was there, for where there is none of that name here.
    pub(crate) definition: Option<&'a Plan>,
    pub(crate) suspended: bool,
    pub(crate) reason: Option<&'a str>,
}

/// Adds it as it was there.
pub(crate) async fn import(change: &mut Change, imported: Imported<'_>) -> Result<(), Fault> {
    for (part, wrong) in [
        ("slug", slug::fault(imported.slug)),
        ("name", name_fault(imported.name)),
        ("external_id", imported.external_id.and_then(name_fault)),
        ("reason", imported.reason.and_then(reason_fault)),
    ] {
        if let Some(wrong) = wrong {
            return Err(Fault::invalid(format!("/body/tenant.json/{part}"), wrong));
        }
    }
    let plan = plans::find(change.transaction(), imported.plan).await?;
    if plan.is_none() {
        make_plan(change, imported.plan, imported.definition).await?;
    }
    let now = pg::now();
    let tenant = Tenant {
        id: imported.id,
        external_id: imported.external_id.map(str::to_owned),
        slug: imported.slug.to_owned(),
        name: imported.name.to_owned(),
        status: if imported.suspended {
            TenantStatus::Suspended
        } else {
            TenantStatus::Active
        },
        status_before: None,
        reason: imported.reason.map(str::to_owned),
        plan: imported.plan.to_owned(),
        version: 1,
        created_at: now,
        updated_at: now,
        delete_after: None,
    };
    let made = tenants::insert(change.transaction(), &tenant).await?;
    made.ok_or_else(|| Fault::conflict("Its id, its slug or its external id is taken here."))?;
    // The reason is not among what a new tenant has.
    tenants::update(change.transaction(), &tenant).await?;
    Ok(())
}

async fn make_plan(change: &mut Change, name: &str, plan: Option<&Plan>) -> Result<(), Fault> {
    let plan = plan.filter(|plan| plan.name == name);
    let unknown = || Fault::invalid("/body/tenant.json/plan", "is not a plan here");
    let plan = plan.ok_or_else(unknown)?;
    if let Some((_, reason)) = plan.fault() {
        return Err(Fault::invalid("/body/plan.json", reason));
    }
    plans::put(change.transaction(), plan).await?;
    change.note(Note::new("plan.changed", None, name).after(plan));
    Ok(())
}

/// Removes every tenant whose grace period has ended; how many that were. One that cannot be removed keeps no other.
pub(crate) async fn purge_due(db: &Db) -> Result<usize, Fault> {
    let mut purged = 0_usize;
    for id in tenants::due(db).await? {
        match purge(db, id).await {
            Ok(true) => purged = purged.saturating_add(1),
            Ok(false) => {}
            Err(Fault::Database(error)) if error.is_passing() => return Err(error.into()),
            Err(fault) => tracing::error!(
                tenant_id = %id,
                error = service::errors::chain(&fault),
                "a tenant could not be removed"
            ),
        }
    }
    Ok(purged)
}

async fn purge(db: &Db, id: Uuid) -> Result<bool, Fault> {
    let mut change = Change::begin(db, &Caller::clock()).await?;
    let Some(tenant) = tenants::lock(change.transaction(), id).await? else {
        return Ok(false);
    };
    let is_due = tenant
        .delete_after
        .is_some_and(|end| end <= Timestamp::now());
    if tenant.status != TenantStatus::Deleting || !is_due {
        return Ok(false);
    }
    let transaction = change.transaction();
    memberships::purge(transaction, id).await?;
    configuration::purge(transaction, id).await?;
    api_keys::purge(transaction, id).await?;
    webhooks::purge(transaction, id).await?;
    usage::purge(transaction, id).await?;
    let tombstone = Tenant {
        name: String::new(),
        external_id: None,
        reason: None,
        status: TenantStatus::Deleted,
        status_before: None,
        delete_after: None,
        ..tenant
    };
    tenants::update(transaction, &tombstone).await?;
    change.note(Note::new(Step::Purge.action(), id, id));
    change.commit().await?;
    Ok(true)
}
