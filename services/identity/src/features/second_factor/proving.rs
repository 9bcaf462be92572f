//! Making secrets, and judging codes.

use super::domain::totp;
use super::factors;
use crate::change::Change;
use crate::state::State;
use crate::visitor::Visitor;
use audit::Note;
use fault::Fault;
use uuid::Uuid;

/// As long as the hash, as RFC 4226 recommends.
const SECRET_BYTES: usize = 20;
const RECOVERY_CODES: usize = 10;
const RECOVERY_LENGTH: usize = 12;

fn place(account: Uuid) -> String {
    format!("second-factor/{account}")
}

/// A new secret, kept until it is confirmed; `None` when the factor is on already.
pub(super) async fn begin(state: &State, account: Uuid) -> Result<Option<Vec<u8>>, Fault> {
    // Its letters are the secret: 20 of them carry some 119 bits.
    let secret = vault::random_text(SECRET_BYTES);
    let sealed = state.vault.seal(&place(account), &secret);
    let sealed = sealed.map_err(|error| Fault::broken("a secret cannot be sealed", error))?;
    let transaction = state.db.begin().await?;
    let is_kept = factors::put(&transaction, account, &sealed).await?;
    transaction.commit().await?;
    Ok(is_kept.then(|| secret.into_bytes()))
}

/// The secret, and the last step that was used.
pub(super) async fn secret(
    state: &State,
    account: Uuid,
    confirmed: bool,
) -> Result<Option<(Vec<u8>, i64)>, Fault> {
    let factor = factors::find(&state.db, account).await?;
    let Some(factor) = factor.filter(|factor| factor.confirmed == confirmed) else {
        return Ok(None);
    };
    let secret = state.vault.unseal(&place(account), &factor.sealed);
    let secret = secret.map_err(|error| Fault::broken("a secret cannot be opened", error))?;
    Ok(Some((secret.into_bytes(), factor.last_step)))
}

/// Turns the factor on with its first code; gives the recovery codes, which are not shown again.
pub(super) async fn confirm(
    state: &State,
    visitor: &Visitor,
    account: Uuid,
    code: &str,
) -> Result<Option<Vec<String>>, Fault> {
    let Some((secret, last)) = secret(state, account, false).await? else {
        return Ok(None);
    };
    let Some(step) = totp::matching_step(&secret, &plain(code), now_s(), last) else {
        return Ok(None);
    };
    let codes: Vec<String> = (0..RECOVERY_CODES)
        .map(|_| vault::random_text(RECOVERY_LENGTH).to_lowercase())
        .collect();
    let hashes: Vec<_> = codes.iter().map(|code| hash(state, code)).collect();
    let mut change = Change::begin(&state.db, visitor.by(Some(&account))).await?;
    if !factors::use_step(change.transaction(), account, step).await? {
        return Ok(None);
    }
    factors::put_codes(change.transaction(), account, &hashes).await?;
    change.note(Note::new("second_factor.enabled", None, account));
    change.commit().await?;
    Ok(Some(codes))
}

/// Whether a code proves the person; it is used up by that.
pub(crate) async fn accept(
    state: &State,
    visitor: &Visitor,
    account: Uuid,
    code: &str,
) -> Result<bool, Fault> {
    let code = plain(code);
    let Some((secret, last)) = secret(state, account, true).await? else {
        return Ok(false);
    };
    let mut change = Change::begin(&state.db, visitor.by(Some(&account))).await?;
    let is_right = if let Some(step) = totp::matching_step(&secret, &code, now_s(), last) {
        factors::use_step(change.transaction(), account, step).await?
    } else {
        let used = factors::use_code(change.transaction(), account, &hash(state, &code)).await?;
        if used {
            change.note(Note::new("recovery_code.used", None, account));
        }
        used
    };
    change.commit().await?;
    Ok(is_right)
}

fn hash(state: &State, code: &str) -> Vec<u8> {
    state.vault.hash("recovery-code", code)
}

/// As people type codes: with blanks and dashes, in any case.
fn plain(code: &str) -> String {
    let kept = code.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|c| c.to_ascii_lowercase()).collect()
}

fn now_s() -> i64 {
    pg::now().as_second()
}
