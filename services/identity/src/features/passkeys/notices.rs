//! Mail to the owner: whoever adds a passkey to somebody's account must not stay unnoticed.

use super::passkeys;
use crate::change::Change;
use crate::features::accounts::Account;
use crate::state::State;
use audit::Note;
use fault::Fault;
use mail::outbox::Letter;
use pg::Transaction;
use serde_json::json;
use uuid::Uuid;

const ADVICE: &str = "If that was not you, somebody is in your account: change your password, look after your passkeys and tell whoever runs this installation at once.";

pub(super) async fn tell_added(
    state: &State,
    transaction: &Transaction,
    account: &Account,
    name: &str,
) -> Result<(), Fault> {
    let what = format!("The passkey \"{name}\" signs in to your account from now on.");
    tell(
        state,
        transaction,
        account,
        "A passkey was added to your account",
        &what,
    )
    .await
}

pub(super) async fn tell_removed(
    state: &State,
    transaction: &Transaction,
    account: &Account,
    name: &str,
) -> Result<(), Fault> {
    let what = format!("The passkey \"{name}\" does not sign in to your account any more.");
    tell(
        state,
        transaction,
        account,
        "A passkey was removed from your account",
        &what,
    )
    .await
}

async fn tell(
    state: &State,
    transaction: &Transaction,
    account: &Account,
    subject: &str,
    what: &str,
) -> Result<(), Fault> {
    let letter = Letter {
        to: Some(account.email.clone()),
        subject: subject.to_owned(),
        text: format!("{what}\n\n{ADVICE}\n\nMotoVaultPro\n"),
        link: None,
        until: None,
    };
    state.outbox.put(transaction, Uuid::now_v7(), &letter).await
}

/// Removes all passkeys of an account, for an operator.
pub(crate) async fn remove_all(
    state: &State,
    change: &mut Change,
    account: &Account,
) -> Result<(), Fault> {
    let count = passkeys::delete_all(change.transaction(), account.id).await?;
    if count == 0 {
        return Ok(());
    }
    let what = "None of your passkeys signs in to your account any more: whoever runs this installation has removed them.";
    let subject = "Your passkeys were removed";
    tell(state, change.transaction(), account, subject, what).await?;
    change.note(Note::new("passkey.removed", None, account.id).after(&json!({ "count": count })));
    Ok(())
}
