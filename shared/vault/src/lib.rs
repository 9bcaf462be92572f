#![doc = include_str!("../README.md")]

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use rand::RngExt;
use rand::distr::Alphanumeric;
use secrecy::{ExposeSecret, SecretString};
use std::path::Path;

const SHORTEST_MASTER_KEY: usize = 32;
const NONCE_BYTES: usize = 12;

/// Why secrets cannot be handled.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The file is not usable.
    #[error("the master key cannot be read")]
    Unreadable(#[from] service::secrets::SecretError),
    /// The key could be guessed.
    #[error("the master key has less than 32 characters")]
    Short,
    /// Sealing failed.
    #[error("a secret cannot be sealed")]
    Seal,
    /// Another key, another place, or changed bytes.
    #[error("a sealed secret cannot be opened; was it sealed under another master key?")]
    Open,
}

/// What hashes and seals. Everything is derived from one master key.
pub struct Vault {
    mac: hmac::Key,
    seal: RandomizedNonceKey,
}

impl Vault {
    /// The vault of the master key in a file.
    pub fn open(file: &Path) -> Result<Self, VaultError> {
        Self::new(&service::secrets::read(file)?)
    }

    fn new(master: &SecretString) -> Result<Self, VaultError> {
        let master = master.expose_secret();
        if master.len() < SHORTEST_MASTER_KEY {
            return Err(VaultError::Short);
        }
        let root = hmac::Key::new(hmac::HMAC_SHA256, master.as_bytes());
        let derived = |purpose: &str| hmac::sign(&root, purpose.as_bytes());
        let seal = RandomizedNonceKey::new(&AES_256_GCM, derived("seal").as_ref());
        Ok(Self {
            mac: hmac::Key::new(hmac::HMAC_SHA256, derived("hash").as_ref()),
            seal: seal.map_err(|_| VaultError::Seal)?,
        })
    }

    /// The keyed hash of a secret; `purpose` keeps secrets of different kinds apart.
    pub fn hash(&self, purpose: &str, secret: &str) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.mac);
        context.update(purpose.as_bytes());
        context.update(b"\0");
        context.update(secret.as_bytes());
        context.sign().as_ref().to_vec()
    }

    /// Whether a hash is that of a secret, in time that tells nothing.
    pub fn is_hash_of(&self, purpose: &str, secret: &str, hash: &[u8]) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(&self.hash(purpose, secret), hash).is_ok()
    }

    /// Seals a text for one place: opened for another, it stays shut.
    pub fn seal(&self, place: &str, text: &str) -> Result<Vec<u8>, VaultError> {
        let mut sealed = text.as_bytes().to_vec();
        let nonce = self
            .seal
            .seal_in_place_append_tag(Aad::from(place.as_bytes()), &mut sealed)
            .map_err(|_| VaultError::Seal)?;
        Ok([nonce.as_ref().as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for this place.
    pub fn unseal(&self, place: &str, sealed: &[u8]) -> Result<String, VaultError> {
        let (nonce, text) = sealed
            .split_at_checked(NONCE_BYTES)
            .ok_or(VaultError::Open)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError::Open)?;
        let mut text = text.to_vec();
        let plain = self
            .seal
            .open_in_place(nonce, Aad::from(place.as_bytes()), &mut text)
            .map_err(|_| VaultError::Open)?;
        String::from_utf8(plain.to_vec()).map_err(|_| VaultError::Open)
    }
}

/// A new secret of letters and digits: some 5.95 bits a character.
pub fn random_text(length: usize) -> String {
    rand::rng()
        .sample_iter(Alphanumeric)
        .take(length)
        .map(char::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(master: &str) -> Vault {
        Vault::new(&SecretString::from(master.repeat(32))).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_with_its_key_only() {
        let vault_a = vault("a");
        let sealed = vault_a.seal("tenant/1", "hunter2").unwrap();
        assert_eq!(vault_a.unseal("tenant/1", &sealed).unwrap(), "hunter2");
        assert!(vault_a.unseal("tenant/2", &sealed).is_err());
        assert!(vault("b").unseal("tenant/1", &sealed).is_err());
        assert!(vault_a.unseal("tenant/1", &sealed[..20]).is_err());
        assert!(vault_a.unseal("tenant/1", b"short").is_err());
        assert_ne!(sealed, vault_a.seal("tenant/1", "hunter2").unwrap());
    }

    #[test]
    fn a_hash_is_of_its_secret_its_purpose_and_its_key() {
        let hash = vault("a").hash("key", "s");
        assert!(vault("a").is_hash_of("key", "s", &hash));
        assert!(!vault("a").is_hash_of("token", "s", &hash));
        assert!(!vault("a").is_hash_of("key", "t", &hash));
        assert!(!vault("b").is_hash_of("key", "s", &hash));
    }

    #[test]
    fn a_short_master_key_is_refused() {
        let short = SecretString::from("short");
        assert!(matches!(Vault::new(&short), Err(VaultError::Short)));
    }
}
