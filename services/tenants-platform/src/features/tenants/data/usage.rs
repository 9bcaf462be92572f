//! What tenants use.

use crate::change::Change;
use crate::features::tenants::data::plans;
use crate::features::tenants::domain::metric::{Count, Metric, count, crosses_warning};
use ::audit::Note;
use contracts::tenants::Quota;
use fault::Fault;
use jiff::Timestamp;
use jiff::civil::Date;
use pg::{Db, DbError, Transaction};
use problem::{Code, Problem};
use serde_json::json;
use std::collections::BTreeMap;
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

fn warning(tenant: Uuid, metric: Metric, used: i64, limit: Option<i64>) -> Note {
    let usage = json!({ "metric": metric.as_str(), "used": used, "limit": limit });
    Note::new("tenant.quota_warning", tenant, tenant).after(&usage)
}

/// Adds requests that were answered already; a count beyond the plan is written too. Says what they come to; nothing for a
/// tenant that is gone.
pub(crate) async fn count_requests(
    change: &mut Change,
    tenant: Uuid,
    requests: i64,
) -> Result<Option<i64>, Fault> {
    let row = change
        .transaction()
        .query_opt(
            include_str!("queries/add_requests.sql"),
            &[
                &tenant,
                &Metric::RequestsPerDay.as_str(),
                &day_of(Metric::RequestsPerDay),
                &requests,
            ],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let (used, limit): (i64, Option<i64>) = (row.get("used"), row.get("limit"));
    let before = used.saturating_sub(requests);
    if limit.is_some_and(|limit| crosses_warning(before, used, limit)) {
        change.note(warning(tenant, Metric::RequestsPerDay, used, limit));
    }
    Ok(Some(used))
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
