//! Counting attempts.

use crate::change::record;
use crate::state::State;
use crate::visitor::Visitor;
use audit::Note;
use fault::Fault;
use pg::{Db, DbError, Transaction};
use problem::{Code, Problem};
use serde_json::json;
use uuid::Uuid;

/// What is limited.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Limit {
    /// Sign-ins at an account, by its address of mail.
    Account,
    /// Sign-ins from an address.
    Address,
    /// Codes of a second factor, by the account's id.
    Code,
    /// Mail asked for from an address.
    MailAddress,
    /// Mail to an account, by its address of mail.
    MailAccount,
}

impl Limit {
    const fn name(self) -> &'static str {
        match self {
            Self::Account => "limit/account",
            Self::Address => "limit/address",
            Self::Code => "limit/code",
            Self::MailAddress => "limit/mail-address",
            Self::MailAccount => "limit/mail-account",
        }
    }

    const fn most(self, state: &State) -> i64 {
        let limits = &state.settings.limits;
        match self {
            Self::Account => limits.account,
            Self::Address => limits.address,
            Self::Code => limits.code,
            Self::MailAddress => limits.mail_address,
            Self::MailAccount => limits.mail_account,
        }
    }
}

/// Takes one attempt; refused with 429 when there is none left. The first that is refused within a window is written down,
/// with the account that it was about.
pub(crate) async fn take(
    state: &State,
    visitor: &Visitor,
    limit: Limit,
    whose: &str,
    account: Option<Uuid>,
) -> Result<(), Fault> {
    let subject = state.vault.hash(limit.name(), whose);
    let window_s = f64::from(state.settings.limits.window_s);
    let sql = include_str!("queries/take.sql");
    let row = state.db.query_opt(sql, &[&subject, &window_s]).await?;
    let (count, left_s) = row.map_or((0, 0), |row| {
        (row.get::<_, i64>("count"), row.get::<_, i64>("left_s"))
    });
    let over = count.saturating_sub(limit.most(state));
    if over <= 0 {
        return Ok(());
    }
    if over == 1 {
        let about = account.map_or_else(|| "nobody".to_owned(), |id| id.to_string());
        let seen = json!({ "limit": limit.name(), "address": visitor.address.to_string() });
        let note = Note::new("limit.reached", None, about).after(&seen);
        record(&state.db, visitor.by(None), note).await?;
    }
    Err(Problem::new(Code::TooManyRequests)
        .detail("There were too many attempts. Wait a while, then try again.")
        .retry_after_s(u32::try_from(left_s.max(1)).unwrap_or(u32::MAX))
        .into())
}

/// Gives all attempts back.
pub(crate) async fn forget(state: &State, limit: Limit, whose: &str) -> Result<(), DbError> {
    let subject = state.vault.hash(limit.name(), whose);
    let sql = include_str!("queries/forget.sql");
    state.db.query(sql, &[&subject]).await.map(|_| ())
}

/// Ends an account's wait, within a change.
pub(crate) async fn unlock(
    state: &State,
    transaction: &Transaction,
    email: &str,
    account: Uuid,
) -> Result<(), DbError> {
    let sql = include_str!("queries/forget.sql");
    for (limit, whose) in [
        (Limit::Account, email.to_lowercase()),
        (Limit::Code, account.to_string()),
    ] {
        let subject = state.vault.hash(limit.name(), &whose);
        transaction.execute(sql, &[&subject]).await?;
    }
    Ok(())
}

/// Removes what has ended.
pub(crate) async fn prune(db: &Db) -> Result<(), DbError> {
    db.query(include_str!("queries/prune.sql"), &[])
        .await
        .map(|_| ())
}
