//! What every request needs.

use crate::features::accounts::Passwords;
use crate::features::oidc::Keys;
use crate::origin::Address;
use crate::settings::{SCOPE, Settings};
use pg::Db;
use tokio::sync::Notify;
use vault::Vault;

/// What every request needs.
pub(crate) struct State {
    pub(crate) db: Db,
    pub(crate) vault: Vault,
    pub(crate) settings: Settings,
    pub(crate) passwords: Passwords,
    pub(crate) keys: Keys,
    /// The public address.
    pub(crate) address: Address,
    /// Rung when mail was put into the outbox.
    pub(crate) mail_waits: Notify,
}

impl State {
    pub(crate) fn new(db: Db, vault: Vault, settings: Settings, address: Address) -> Self {
        Self {
            db,
            vault,
            settings,
            passwords: Passwords::new(),
            keys: Keys::default(),
            address,
            mail_waits: Notify::new(),
        }
    }

    /// A path under the issuer, as browsers see it.
    #[expect(clippy::unused_self, reason = "beside `url`, and read like it")]
    pub(crate) fn path(&self, path: &str) -> String {
        format!("{SCOPE}{path}")
    }

    /// A whole address under the issuer.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.settings.issuer)
    }
}
