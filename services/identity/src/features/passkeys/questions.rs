//! Questions: each is for one browser or session, and is answered once, within five minutes.

use super::challenges;
use super::domain::Party;
use super::domain::encoding::encode;
use crate::browser::Browser;
use crate::features::sessions::Signed;
use crate::state::State;
use fault::Fault;
use std::fmt::{self, Display, Formatter};
use uuid::Uuid;

/// Some 256 bits.
const LENGTH: usize = 43;
/// For browsers; the queries have it for us.
pub(super) const TIMEOUT_MS: u32 = 300_000;

/// What is asked, and whom.
#[derive(Debug, Clone)]
pub(super) enum Question {
    /// Who somebody is.
    SignIn { browser: String },
    /// A new passkey of whoever is signed in.
    Add { session: Uuid },
}

impl Question {
    pub(super) fn sign_in(browser: &Browser) -> Self {
        let browser = browser.id().to_owned();
        Self::SignIn { browser }
    }

    pub(super) fn add(signed: &Signed) -> Self {
        let session = signed.session.id;
        Self::Add { session }
    }

    /// Kept as a keyed hash together with what it is for and whom: so an answer of another browser, or to another kind of
    /// question, is not even found, and looking for one takes the same time whatever it is.
    fn hash(&self, state: &State, challenge: &str) -> Vec<u8> {
        let whole = format!("{self}/{challenge}");
        state.vault.hash("passkey-challenge", &whole)
    }

    /// A new challenge, in base64.
    pub(super) async fn ask(&self, state: &State) -> Result<String, Fault> {
        let challenge = encode(vault::random_text(LENGTH).as_bytes());
        challenges::insert(&state.db, &self.hash(state, &challenge)).await?;
        Ok(challenge)
    }

    /// Whether it was asked, and not answered yet. Also an answer that is refused afterwards uses it up.
    pub(super) async fn take(&self, state: &State, challenge: &str) -> Result<bool, Fault> {
        Ok(challenges::take(&state.db, &self.hash(state, challenge)).await?)
    }
}

impl Display for Question {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignIn { browser } => write!(f, "sign-in/{browser}"),
            Self::Add { session } => write!(f, "add/{session}"),
        }
    }
}

/// Who asks.
pub(super) fn party(state: &State) -> Party<'_> {
    Party {
        origin: &state.address.origin,
        id: &state.address.host,
    }
}
