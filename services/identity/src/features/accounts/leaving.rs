//! What ends with a password or an account.

use super::{accounts, links};
use crate::change::Change;
use crate::features::{oidc, passkeys, second_factor, sessions};
use fault::Fault;
use uuid::Uuid;

/// Ends every session, refresh token and link of an account, but one session. Passkeys stay: no password is in them.
pub(crate) async fn end_all(
    change: &Change,
    account: Uuid,
    but_session: Option<Uuid>,
) -> Result<(), Fault> {
    let transaction = change.transaction();
    // In the order in which `/token` takes both.
    oidc::end_all(transaction, account, but_session).await?;
    sessions::end_all(transaction, account, but_session).await?;
    links::delete_all(transaction, account).await?;
    Ok(())
}

/// Removes everything about an account.
pub(super) async fn delete(change: &Change, account: Uuid) -> Result<(), Fault> {
    end_all(change, account, None).await?;
    let transaction = change.transaction();
    oidc::purge(transaction, account).await?;
    second_factor::purge(transaction, account).await?;
    passkeys::purge(transaction, account).await?;
    accounts::delete(transaction, account).await?;
    Ok(())
}
