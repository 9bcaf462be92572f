//! Making and checking passwords without being flooded by them.

use super::accounts::{self, Account};
use super::domain::password;
use crate::change::record;
use crate::features::limits::{self, Limit};
use crate::state::State;
use crate::visitor::Visitor;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use audit::Note;
use fault::Fault;
use problem::{Code, Problem};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// OWASP's first choice of least costs: 19 MiB, two passes, one lane.
const PARAMS: Params = Params::DEFAULT;
/// A hash that no password has, with the present costs: what is checked where there is no account.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ib2R5$YVNKtKLY0P07Wn3dPbZPW1RiSU0eBlFqEJkQvWb3kQ0";
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether somebody who is signed in knows the account's password. Guesses count, and are written down, as those at the
/// sign-in.
pub(crate) async fn knows_password(
    state: &State,
    visitor: &Visitor,
    account: &Account,
    password: &str,
) -> Result<bool, Fault> {
    let key = account.email.to_lowercase();
    limits::take(state, visitor, Limit::Account, &key, Some(account.id)).await?;
    let is_right = state.passwords.is(password, &account.password_hash).await?;
    if is_right {
        limits::forget(state, Limit::Account, &key).await?;
    } else {
        let seen = json!({ "address": visitor.address.to_string() });
        let note = Note::new("password.wrong", None, account.id).after(&seen);
        record(&state.db, visitor.by(None), note).await?;
    }
    Ok(is_right)
}

/// Computes hashes, so many at once as there are processors.
pub(crate) struct Passwords {
    permits: Arc<Semaphore>,
}

/// What checking a password found.
enum Found {
    Right { is_outdated: bool },
    Wrong,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            permits: Arc::new(Semaphore::new(processors)),
        }
    }

    /// The hash of a password.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, Fault> {
        let password = password.to_owned();
        self.compute(move || {
            let hash = hasher().hash_password(password.as_bytes());
            hash.map(|hash: PasswordHash| hash.to_string())
        })
        .await?
        .map_err(|error| Fault::broken("a password cannot be hashed", error.to_string()))
    }

    /// Whether a hash is that of a password.
    pub(crate) async fn is(&self, password: &str, hash: &str) -> Result<bool, Fault> {
        let found = self.check(password, Some(hash)).await?;
        Ok(matches!(found, Found::Right { .. }))
    }

    async fn check(&self, password: &str, hash: Option<&str>) -> Result<Found, Fault> {
        let (password, hash) = (password.to_owned(), hash.map(str::to_owned));
        self.compute(move || {
            let known = hash.as_deref().unwrap_or(NOBODY);
            let Ok(parsed) = PasswordHash::new(known) else {
                return Found::Wrong;
            };
            let verified = hasher().verify_password(password.as_bytes(), &parsed);
            if verified.is_err() || hash.is_none() {
                return Found::Wrong;
            }
            let present = Params::try_from(&parsed);
            let is_outdated = !present.is_ok_and(|params| {
                params.m_cost() == PARAMS.m_cost()
                    && params.t_cost() == PARAMS.t_cost()
                    && params.p_cost() == PARAMS.p_cost()
            });
            Found::Right { is_outdated }
        })
        .await
    }

    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let waiting = Arc::clone(&self.permits).acquire_owned();
        let Ok(Ok(permit)) = tokio::time::timeout(PATIENCE, waiting).await else {
            return Err(Problem::new(Code::Unavailable)
                .detail("Too many people sign in at this moment.")
                .retry_after_s(5)
                .into());
        };
        let task = tokio::task::spawn_blocking(move || {
            // Held until the work is done, whether or not somebody still waits for it.
            let _permit = permit;
            work()
        });
        task.await
            .map_err(|error| Fault::broken("a password's hash was interrupted", error))
    }
}

fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, PARAMS)
}

/// The account, if this is its password; the same work in every case, also where there is none.
pub(crate) async fn check(
    state: &State,
    account: Option<Account>,
    password: &str,
) -> Result<Result<Account, Option<Account>>, Fault> {
    let hash = account.as_ref().map(|it| it.password_hash.as_str());
    match (state.passwords.check(password, hash).await?, account) {
        (Found::Right { is_outdated }, Some(account)) => {
            if is_outdated {
                let fresh = state.passwords.hash(password).await?;
                accounts::renew_hash(&state.db, account.id, &account.password_hash, &fresh).await?;
            }
            Ok(Ok(account))
        }
        (_, account) => Ok(Err(account)),
    }
}

/// The hash of a new password, or why it is not good enough.
pub(crate) async fn choose(
    state: &State,
    email: &str,
    password: &str,
) -> Result<Result<String, &'static str>, Fault> {
    match password::objection(password, email) {
        Some(objection) => Ok(Err(objection)),
        None => Ok(Ok(state.passwords.hash(password).await?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_its_own_and_costs_the_same_where_there_is_none() {
        let passwords = Passwords::new();
        let hash = passwords.hash("three brown foxes").await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        let found = passwords
            .check("three brown foxes", Some(&hash))
            .await
            .unwrap();
        assert!(matches!(found, Found::Right { is_outdated: false }));
        let found = passwords
            .check("three brown boxes", Some(&hash))
            .await
            .unwrap();
        assert!(matches!(found, Found::Wrong));
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let params = Params::try_from(&nobody).unwrap();
        let costs = |it: &Params| (it.m_cost(), it.t_cost(), it.p_cost());
        assert_eq!(costs(&params), costs(&PARAMS));
        let found = passwords.check("x", None).await.unwrap();
        assert!(matches!(found, Found::Wrong));
    }

    #[tokio::test]
    async fn a_hash_of_lower_costs_is_noticed() {
        let cheap = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(8 * 1024, 1, 1, None).unwrap(),
        );
        let hash: PasswordHash = cheap.hash_password(b"three brown foxes").unwrap();
        let found = Passwords::new()
            .check("three brown foxes", Some(&hash.to_string()))
            .await
            .unwrap();
        assert!(matches!(found, Found::Right { is_outdated: true }));
    }
}
