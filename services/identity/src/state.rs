//! What every request needs.

use crate::features::accounts::Passwords;
use crate::features::oidc::Keys;
use crate::origin::Address;
use crate::settings::{SCOPE, Settings};
use mail::outbox::Outbox;
use pg::Db;
use std::sync::Arc;
use vault::Vault;

/// What every request needs.
pub(crate) struct State {
    pub(crate) db: Db,
    pub(crate) vault: Arc<Vault>,
    pub(crate) settings: Settings,
    pub(crate) passwords: Passwords,
    pub(crate) keys: Keys,
    /// The public address.
    pub(crate) address: Address,
    /// Mail on its way.
    pub(crate) outbox: Arc<Outbox>,
}

impl State {
    pub(crate) fn new(db: Db, vault: Vault, settings: Settings, address: Address) -> Self {
        let vault = Arc::new(vault);
        Self {
            outbox: Arc::new(Outbox::new(db.clone(), Arc::clone(&vault))),
            db,
            vault,
            settings,
            passwords: Passwords::new(),
            keys: Keys::default(),
            address,
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
