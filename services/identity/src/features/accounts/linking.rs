//! Links: made, mailed, found again.

use super::accounts::Account;
use super::links::{self, Kind, Link};
use crate::change::Change;
use crate::state::State;
use crate::visitor::Visitor;
use audit::Note;
use fault::Fault;
use jiff::SignedDuration;
use mail::outbox::Letter;
use pg::Transaction;
use uuid::Uuid;

const TOKEN_LENGTH: usize = 43;
const PURPOSE: &str = "link";

/// What a link's token is kept as.
pub(crate) fn hash(state: &State, token: &str) -> Vec<u8> {
    state.vault.hash(PURPOSE, token)
}

/// Makes a link and puts its mail into the outbox. Costs the same for every kind; `to`: whom it is for, if anybody.
pub(crate) async fn send(
    state: &State,
    transaction: &Transaction,
    link: &Link,
    to: Option<&str>,
) -> Result<(), Fault> {
    let token = vault::random_text(TOKEN_LENGTH);
    links::insert(transaction, &hash(state, &token), link).await?;
    let letter = letter(state, link.kind, &token, to);
    let id = Uuid::now_v7();
    state.outbox.put(transaction, id, &letter).await
}

fn letter(state: &State, kind: Kind, token: &str, to: Option<&str>) -> Letter {
    let (subject, path, why) = match kind {
        Kind::SignUp | Kind::Verify => (
            "Confirm your e-mail address",
            format!("/confirm?token={token}"),
            "Open this page to confirm that this address is yours. It works for 24 hours.",
        ),
        Kind::Reset => (
            "Choose a new password",
            format!("/reset?token={token}"),
            "Open this page to choose a new password. It works once, for one hour.",
        ),
        Kind::Email => (
            "Confirm your new e-mail address",
            format!("/confirm?token={token}"),
            "Open this page to use this address for your account from now on. You need your password. It works for 24 hours.",
        ),
        Kind::Nothing => (
            "You have an account already",
            "/signin".to_owned(),
            "Somebody, perhaps you, wanted to use this address for an account, but it has one already. Sign in here; a forgotten password can be replaced there too.",
        ),
    };
    let link = state.url(&path);
    let valid = SignedDuration::from_hours(i64::from(kind.hours()));
    let text = format!(
        "{why}\n\n{link}\n\nIf you did not ask for this, there is nothing to do.\n\nMotoVaultPro\n"
    );
    Letter {
        to: to.map(str::to_owned),
        subject: subject.to_owned(),
        text,
        link: Some(link),
        until: pg::now().checked_add(valid).ok(),
    }
}

/// Tells the address that was an account's that it is so no more.
pub(crate) async fn tell_old_address(
    state: &State,
    transaction: &Transaction,
    to: &str,
) -> Result<(), Fault> {
    let text = "Your account has another e-mail address from now on; this one opens nothing any more.\n\nIf that was not you, somebody knows your password: tell whoever runs this installation at once.\n\nMotoVaultPro\n";
    let letter = Letter {
        to: Some(to.to_owned()),
        subject: "The e-mail address of your account has changed".to_owned(),
        text: text.to_owned(),
        link: None,
        until: None,
    };
    state.outbox.put(transaction, Uuid::now_v7(), &letter).await
}

/// Mails an account's owner a link that shows the address to be right.
pub(crate) async fn send_verification(
    state: &State,
    visitor: &Visitor,
    account: &Account,
    flow: Option<&str>,
) -> Result<(), Fault> {
    let mut change = Change::begin(&state.db, visitor.by(Some(&account.id))).await?;
    let link = Link {
        kind: Kind::Verify,
        account: Some(account.id),
        person: None,
        email: None,
        flow: flow.map(str::to_owned),
    };
    send(state, change.transaction(), &link, Some(&account.email)).await?;
    change.note(Note::new("account.verification_sent", None, account.id));
    change.commit().await?;
    state.outbox.ring();
    Ok(())
}
