//! Signing keys: made, kept ready, changed in time.

use super::keys::{self, Kept};
use crate::change::Change;
use crate::settings::SERVICE;
use crate::state::State;
use audit::{By, Note};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use fault::Fault;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use vault::Vault;

/// Other instances make keys too; they are seen after so long.
const FRESH_FOR: Duration = Duration::from_secs(5);
/// So long after its last signature a key stays published.
const KEPT_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// A key, ready to sign.
pub(crate) struct Key {
    pub(crate) kid: String,
    pub(crate) pair: KeyPair,
    /// Modulus and exponent, as a JWK has them.
    pub(crate) n: String,
    pub(crate) e: String,
    signs_from: Timestamp,
}

/// The keys of this process's memory.
#[derive(Default)]
pub(crate) struct Keys {
    known: RwLock<Option<(Instant, Ring)>>,
}

pub(super) type Ring = Arc<Vec<Key>>;

impl Keys {
    /// Every published key; at least one of them signs.
    pub(crate) async fn ring(&self, state: &State) -> Result<Ring, Fault> {
        if let Some(ring) = self.fresh() {
            return Ok(ring);
        }
        let mut kept = keys::list(&state.db).await?;
        if !kept.iter().any(|key| key.signs_from <= Timestamp::now()) {
            make(state, Timestamp::UNIX_EPOCH, true).await?;
            kept = keys::list(&state.db).await?;
        }
        let ring: Result<Vec<_>, _> = kept.iter().map(|key| ready(&state.vault, key)).collect();
        let ring = Arc::new(ring?);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        *known = Some((Instant::now(), Arc::clone(&ring)));
        Ok(ring)
    }

    fn fresh(&self) -> Option<Ring> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let (at, ring) = known.as_ref()?;
        (at.elapsed() < FRESH_FOR).then(|| Arc::clone(ring))
    }
}

/// The key that signs now: the latest whose time has come.
pub(crate) fn signer(ring: &[Key]) -> Option<&Key> {
    let now = Timestamp::now();
    let ready = ring.iter().filter(|key| key.signs_from <= now);
    ready.max_by_key(|key| key.signs_from)
}

fn place(kid: &str) -> String {
    format!("signing-key/{kid}")
}

fn ready(vault: &Vault, kept: &Kept) -> Result<Key, Fault> {
    let text = vault.unseal(&place(&kept.kid), &kept.sealed);
    let text = text.map_err(|error| Fault::broken("a signing key cannot be opened", error))?;
    let der = STANDARD.decode(text);
    let der = der.map_err(|error| Fault::broken("a signing key cannot be read", error))?;
    let pair = KeyPair::from_pkcs8(&der);
    let pair = pair.map_err(|error| Fault::broken("a signing key cannot be used", error))?;
    let (n, e) = components(&pair);
    Ok(Key {
        kid: kept.kid.clone(),
        pair,
        n,
        e,
        signs_from: kept.signs_from,
    })
}

fn components(pair: &KeyPair) -> (String, String) {
    let public = pair.public_key();
    let n = public.modulus().big_endian_without_leading_zero();
    let e = public.exponent().big_endian_without_leading_zero();
    (URL_SAFE_NO_PAD.encode(n), URL_SAFE_NO_PAD.encode(e))
}

/// Makes a key. `only_first`: unless another instance has just made one that signs.
async fn make(state: &State, signs_from: Timestamp, only_first: bool) -> Result<String, Fault> {
    let by = By {
        consumer: SERVICE.to_owned(),
        ..By::default()
    };
    let mut change = Change::begin(&state.db, by).await?;
    let kept = keys::list_locked(change.transaction()).await?;
    if only_first {
        let now = Timestamp::now();
        if let Some(key) = kept.into_iter().find(|key| key.signs_from <= now) {
            return Ok(key.kid);
        }
    }
    let made = tokio::task::spawn_blocking(|| KeyPair::generate(KeySize::Rsa2048)).await;
    let made = made.map_err(|error| Fault::broken("making a key was interrupted", error))?;
    let pair = made.map_err(|error| Fault::broken("a key cannot be made", error))?;
    let (n, e) = components(&pair);
    // RFC 7638: the members in their order, without blanks.
    let canonical = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
    let kid = URL_SAFE_NO_PAD.encode(Sha256::digest(canonical.as_bytes()));
    let der = pair.as_der();
    let der = der.map_err(|error| Fault::broken("a key cannot be written", error))?;
    let sealed = state
        .vault
        .seal(&place(&kid), &STANDARD.encode(der.as_ref()));
    let key = Kept {
        kid: kid.clone(),
        sealed: sealed.map_err(|error| Fault::broken("a key cannot be sealed", error))?,
        created_at: pg::now(),
        signs_from,
    };
    keys::insert(change.transaction(), &key).await?;
    let when = json!({ "kid": kid, "signs_from": signs_from });
    change.note(Note::new("key.made", None, &kid).after(&when));
    change.commit().await?;
    Ok(kid)
}

/// Makes the next key: signing at once, or after everybody had time to fetch it.
pub(crate) async fn rotate(state: &State, at_once: bool) -> Result<String, Fault> {
    let ahead = i64::from(state.settings.tokens.publish_keys_ahead_s);
    let ahead = SignedDuration::from_secs(if at_once { 0 } else { ahead });
    make(
        state,
        pg::now()
            .saturating_add(ahead)
            .unwrap_or_else(|_| pg::now()),
        false,
    )
    .await
}

/// Makes the next key when it is time, and removes those that nobody needs any more.
pub(crate) async fn tidy(state: &State) -> Result<(), Fault> {
    let kept = keys::list(&state.db).await?;
    let now = Timestamp::now();
    let Some(newest) = kept.last() else {
        return Ok(());
    };
    let age = now.duration_since(newest.created_at);
    let days = i64::from(state.settings.tokens.rotate_keys_days);
    if age > SignedDuration::from_hours(days.saturating_mul(24)) {
        rotate(state, false).await?;
    }
    for (old, next) in kept.iter().zip(kept.iter().skip(1)) {
        if now.duration_since(next.signs_from) > KEPT_AFTER {
            let by = By {
                consumer: SERVICE.to_owned(),
                ..By::default()
            };
            let mut change = Change::begin(&state.db, by).await?;
            keys::remove(change.transaction(), &old.kid).await?;
            change.note(Note::new("key.removed", None, &old.kid));
            change.commit().await?;
        }
    }
    Ok(())
}
