//! A certificate and its key, read and checked together.

use super::TlsSettings;
use super::about::About;
use crate::settings::SettingsError;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

/// A pair that can be used.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) key: Arc<CertifiedKey>,
    pub(super) about: About,
}

/// What tells one state of the two files from another.
pub(super) type Stamps = [Option<(SystemTime, u64)>; 2];

pub(super) fn stamps(settings: &TlsSettings) -> Stamps {
    [&settings.certificate, &settings.key].map(|path| {
        let meta = std::fs::metadata(path).ok()?;
        Some((meta.modified().ok()?, meta.len()))
    })
}

impl TlsSettings {
    /// What keeps the pair from being used.
    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        self.load().map(|_| ())
    }

    /// Reads the pair. No reason holds anything of the key.
    pub(super) fn load(&self) -> Result<Pair, SettingsError> {
        let wrong = |key: &str, path: &Path, reason: &str| SettingsError {
            key: format!("tls.{key}"),
            reason: format!("{} {reason}", path.display()),
        };
        let of_certificate = |reason: &str| wrong("certificate", &self.certificate, reason);
        let of_key = |reason: &str| wrong("key", &self.key, reason);
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect)
            .map_err(|error| of_certificate(&format!("cannot be read: {error}")))?;
        let first = chain
            .first()
            .ok_or_else(|| of_certificate("holds no certificate"))?;
        let about = About::new(first, &self.certificate)
            .ok_or_else(|| of_certificate("holds a certificate that cannot be read"))?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| of_key(&format!("cannot be read: {error}")))?;
        let key = aws_lc_rs::sign::any_supported_type(&key)
            .map_err(|_| of_key("holds a key of a kind that is not known here"))?;
        let certified = CertifiedKey::new(chain, key);
        certified
            .keys_match()
            .map_err(|_| of_key("is not the key of the certificate"))?;
        Ok(Pair {
            key: Arc::new(certified),
            about,
        })
    }
}
