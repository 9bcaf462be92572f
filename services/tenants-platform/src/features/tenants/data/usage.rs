//! What tenants use.

use crate::change::Change;
use crate::features::tenants::data::plans;
use crate::features::tenants::domain::metric::{
    Count, Limits, Metric, count, crosses_warning, is_warned_by,
};
use ::audit::Note;
use contracts::tenants::{Quota, RequestsToday};
use fault::Fault;
use jiff::Timestamp;
use jiff::civil::Date;
use pg::{Db, DbError, Transaction};
use problem::{Code, Problem};
use serde_json::json;
use std::collections::BTreeMap;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::tenants::lock_living;

/// Counts what a change adds to a tenant's usage, or gives back; refused where the plan ends. The tenant is kept for this
/// transaction, so that two changes cannot both take the last of it.
pub(crate) async fn reserve(
    change: &mut Change,
    tenant: Uuid,
    metric: Metric,
    by: i64,
) -> Result<i64, Fault> {
    let transaction = change.transaction();
    let owner = lock_living(transaction, tenant).await?;
    let plan = plans::find(transaction, &owner.plan).await?;
    let limit = plan.and_then(|plan| plan.quotas.get(metric.as_str()).copied());
    let (before, _) = used_before(transaction, tenant, metric).await?;
    let (used, warn) = match count(before, by, limit) {
        Count::Used { used, warn } => (used, warn),
        Count::Exceeded => {
            let most = limit.unwrap_or_default();
            return Err(Problem::new(Code::QuotaExceeded)
                .detail(format!(
                    "The plan {} includes {most} {}; {before} are used.",
                    owner.plan,
                    metric.as_str()
                ))
                .into());
        }
        Count::Negative => {
            let detail = format!("only {before} are used");
            return Err(Fault::invalid("/body/change", detail));
        }
    };
    put(transaction, tenant, metric, used, None).await?;
    if warn {
        change.note(warning(tenant, metric, used, limit));
    }
    Ok(used)
}

/// Takes over what an application counted itself. It is there already, so a plan that ends before it refuses nothing; of two
/// counts the later one holds, in whatever order they arrive.
pub(crate) async fn report(
    change: &mut Change,
    tenant: Uuid,
    counts: &[(Metric, i64)],
    counted_at: Timestamp,
) -> Result<(), Fault> {
    let owner = lock_living(change.transaction(), tenant).await?;
    let plan = plans::find(change.transaction(), &owner.plan).await?;
    for (metric, used) in counts.iter().copied() {
        let (before, last) = used_before(change.transaction(), tenant, metric).await?;
        if last.is_some_and(|last| last >= counted_at) {
            continue;
        }
        put(change.transaction(), tenant, metric, used, Some(counted_at)).await?;
        let quotas = plan.as_ref().map(|plan| &plan.quotas);
        let limit = quotas.and_then(|quotas| quotas.get(metric.as_str()).copied());
        if limit.is_some_and(|limit| crosses_warning(before, used, limit)) {
            change.note(warning(tenant, metric, used, limit));
        }
    }
    Ok(())
}

/// What is used so far, and when an application counted it.
async fn used_before(
    transaction: &Transaction,
    tenant: Uuid,
    metric: Metric,
) -> Result<(i64, Option<Timestamp>), DbError> {
    let sql = include_str!("queries/find_usage.sql");
    let (name, day) = (metric.as_str(), day_of(metric));
    let row = transaction.query_opt(sql, &[&tenant, &name, &day]).await?;
    Ok(row.map_or((0, None), |row| (row.get("used"), row.get("counted_at"))))
}

/// Writes what is used; where an application counted it, when.
async fn put(
    transaction: &Transaction,
    tenant: Uuid,
    metric: Metric,
    used: i64,
    counted_at: Option<Timestamp>,
) -> Result<(), DbError> {
    let sql = include_str!("queries/put_usage.sql");
    let (name, day) = (metric.as_str(), day_of(metric));
    transaction
        .execute(sql, &[&tenant, &name, &day, &used, &counted_at])
        .await
        .map(|_| ())
}

/// Warns of what another plan makes scarce.
pub(crate) async fn warn_of_plan(
    change: &mut Change,
    tenant: Uuid,
    before: &Limits,
    now: &Limits,
) -> Result<(), Fault> {
    for metric in Metric::ALL {
        let limit = |limits: &Limits| limits.get(metric.as_str()).copied();
        let (used, _) = used_before(change.transaction(), tenant, metric).await?;
        if is_warned_by(used, limit(before), limit(now)) {
            change.note(warning(tenant, metric, used, limit(now)));
        }
    }
    Ok(())
}

fn warning(tenant: Uuid, metric: Metric, used: i64, limit: Option<i64>) -> Note {
    let usage = json!({ "metric": metric.as_str(), "used": used, "limit": limit });
    Note::new("tenant.quota_warning", tenant, tenant).after(&usage)
}

/// Adds requests that were answered already, by tenant and day; a count beyond the plan is written too. Says what today's come
/// to.
pub(crate) async fn count_requests(
    change: &mut Change,
    counted: &BTreeMap<(Uuid, Date), i64>,
) -> Result<Vec<RequestsToday>, Fault> {
    let tenants: Vec<Uuid> = counted.keys().map(|(tenant, _)| *tenant).collect();
    let days: Vec<Date> = counted.keys().map(|(_, day)| *day).collect();
    let requests: Vec<i64> = counted.values().copied().collect();
    let metric = Metric::RequestsPerDay;
    let parameters: [&(dyn ToSql + Sync); 4] = [&metric.as_str(), &tenants, &days, &requests];
    let sql = include_str!("queries/add_requests.sql");
    let today = today();
    let mut answer = Vec::new();
    for row in change.transaction().query(sql, &parameters).await? {
        let (tenant_id, day): (Uuid, Date) = (row.get("tenant_id"), row.get("day"));
        let (used, limit): (i64, Option<i64>) = (row.get("used"), row.get("limit"));
        if day != today {
            continue;
        }
        let added = counted.get(&(tenant_id, day)).copied().unwrap_or_default();
        let before = used.saturating_sub(added);
        if limit.is_some_and(|limit| crosses_warning(before, used, limit)) {
            change.note(warning(tenant_id, metric, used, limit));
        }
        answer.push(RequestsToday {
            tenant_id,
            requests_today: used,
            today: today.to_string(),
        });
    }
    Ok(answer)
}

/// What is used of everything that is counted.
pub(crate) async fn quota_of(db: &Db, tenant: Uuid) -> Result<BTreeMap<String, Quota>, DbError> {
    let today = day_of(Metric::RequestsPerDay);
    let rows = db
        .query(include_str!("queries/quota.sql"), &[&tenant, &today])
        .await?;
    let found: BTreeMap<String, Quota> = rows
        .iter()
        .map(|row| {
            let quota = Quota {
                limit: row.get("limit"),
                used: row.get("used"),
            };
            (row.get("metric"), quota)
        })
        .collect();
    let none = || Quota {
        limit: None,
        used: 0,
    };
    let all = Metric::ALL.map(|metric| {
        let quota = found.get(metric.as_str()).cloned().unwrap_or_else(none);
        (metric.as_str().to_owned(), quota)
    });
    Ok(all.into_iter().collect())
}

/// Removes what a tenant has used.
pub(crate) async fn purge(transaction: &Transaction, tenant: Uuid) -> Result<(), DbError> {
    let sql = include_str!("queries/purge_usage.sql");
    transaction.execute(sql, &[&tenant]).await.map(|_| ())
}

/// Forgets the requests of more than 90 days ago.
pub(crate) async fn prune(db: &Db) -> Result<(), DbError> {
    let sql = include_str!("queries/prune_usage.sql");
    db.query(sql, &[]).await.map(|_| ())
}

/// Writes what a tenant that comes from elsewhere uses already; its plan refuses none of it.
pub(crate) async fn take_over(
    change: &Change,
    tenant: Uuid,
    metric: Metric,
    used: i64,
) -> Result<(), DbError> {
    put(change.transaction(), tenant, metric, used, None).await
}

/// Today in UTC.
pub(crate) fn today() -> Date {
    Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// Today for what begins anew every day, one day for everything else.
fn day_of(metric: Metric) -> Date {
    if metric.is_daily() {
        today()
    } else {
        jiff::civil::date(1970, 1, 1)
    }
}
