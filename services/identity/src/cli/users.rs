//! `users`: what the operator does with people's accounts.

use super::{CliError, print};
use crate::change::Change;
use crate::features::accounts::{self, Account, Email, Role};
use crate::features::limits;
use crate::features::{passkeys, second_factor};
use crate::settings::SERVICE;
use crate::state::State;
use ::audit::{By, Note};
use clap::Subcommand;
use uuid::Uuid;

/// Long enough to be typed once, too long to be guessed: 95 bits.
const PASSWORD_LENGTH: usize = 16;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Makes an admin with a one-time password, which is printed as JSON; does and prints nothing when the address has an
    /// account or there is an admin already.
    FirstAdmin { email: String },
    /// Gives an account a one-time password, which is printed; everything that is signed in ends.
    OneTimePassword { email: String },
    /// Gives an account a role: user, support or admin.
    Role { email: String, role: String },
    /// Ends the wait after too many attempts.
    Unlock { email: String },
    /// Turns the second factor off and removes all passkeys, for whoever has lost the device: the password alone is left.
    ResetSecondFactor { email: String },
}

pub(super) async fn run(state: &State, command: Command) -> Result<(), CliError> {
    let (email, act) = match command {
        Command::FirstAdmin { email } => return first_admin(state, &address(&email)?).await,
        Command::OneTimePassword { email } => (email, Act::OneTimePassword),
        Command::Role { email, role } => {
            let role = Role::parse(&role);
            let role = role.ok_or(CliError::Refused("roles are user, support and admin"))?;
            (email, Act::Role(role))
        }
        Command::Unlock { email } => (email, Act::Unlock),
        Command::ResetSecondFactor { email } => (email, Act::ResetSecondFactor),
    };
    let account = accounts::find_by_email(&state.db, &address(&email)?).await?;
    let account = account.ok_or(CliError::Refused("there is no account with this address"))?;
    change(state, &account, act).await
}

fn address(text: &str) -> Result<Email, CliError> {
    Email::parse(text).ok_or(CliError::Refused("this is no e-mail address"))
}

fn by() -> By {
    By {
        consumer: SERVICE.to_owned(),
        actor: Some("operator".to_owned()),
        request_id: None,
    }
}

async fn first_admin(state: &State, email: &Email) -> Result<(), CliError> {
    if accounts::find_by_email(&state.db, email).await?.is_some() {
        return Ok(());
    }
    let password = vault::random_text(PASSWORD_LENGTH);
    let account = Account {
        id: Uuid::now_v7(),
        email: email.as_str().to_owned(),
        name: "Administrator".to_owned(),
        password_hash: state.passwords.hash(&password).await?,
        role: Role::Admin,
        // The operator vouches for it.
        email_verified: true,
        must_change_password: true,
        disabled_at: None,
        created_at: pg::now(),
    };
    let mut change = Change::begin(&state.db, by()).await?;
    let there_is_one = accounts::lock_admins(change.transaction()).await? > 0;
    if there_is_one || !accounts::insert(change.transaction(), &account).await? {
        return Ok(());
    }
    change.note(Note::new("account.created", None, account.id).after(&Role::Admin));
    change.commit().await?;
    let made = serde_json::json!({ "email": account.email, "password": password });
    print(&made.to_string())
}

enum Act {
    OneTimePassword,
    Role(Role),
    Unlock,
    ResetSecondFactor,
}

async fn change(state: &State, account: &Account, act: Act) -> Result<(), CliError> {
    let id = account.id;
    let mut change = Change::begin(&state.db, by()).await?;
    let mut result = None;
    let note = match act {
        Act::OneTimePassword => {
            let password = vault::random_text(PASSWORD_LENGTH);
            let hash = state.passwords.hash(&password).await?;
            accounts::set_password(change.transaction(), id, &hash, true).await?;
            accounts::end_all(&change, id, None).await?;
            result = Some(password);
            Note::new("password.replaced", None, id)
        }
        Act::Role(role) => {
            accounts::set_role(change.transaction(), id, role).await?;
            Note::new("account.role_changed", None, id)
                .before(&account.role)
                .after(&role)
        }
        Act::Unlock => {
            limits::unlock(state, change.transaction(), &account.email, id).await?;
            Note::new("account.unlocked", None, id)
        }
        Act::ResetSecondFactor => {
            second_factor::purge(change.transaction(), id).await?;
            passkeys::remove_all(state, &mut change, account).await?;
            Note::new("second_factor.disabled", None, id)
        }
    };
    change.note(note);
    change.commit().await?;
    result.map_or(Ok(()), |password| print(&password))
}
