//! What the operator may know of a certificate in force.

use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::CertificateDer;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::time::Time;

#[derive(Debug)]
pub(super) struct About {
    subject: String,
    issuer: String,
    /// The hosts that it is for.
    names: Vec<String>,
    not_before: Timestamp,
    pub(super) not_after: Timestamp,
    sha256: String,
    file: PathBuf,
    loaded: Timestamp,
}

impl About {
    /// What a certificate says that was read from a file just now; `None` if it cannot be read.
    pub(super) fn new(der: &CertificateDer<'_>, file: &Path) -> Option<Self> {
        let parsed = Certificate::from_der(der).ok()?.tbs_certificate;
        let names = parsed.get::<SubjectAltName>().ok().flatten();
        let names = names.map_or_else(Vec::new, |(_, names)| names.0);
        Some(Self {
            subject: parsed.subject.to_string(),
            issuer: parsed.issuer.to_string(),
            names: names.iter().filter_map(host).collect(),
            not_before: moment(parsed.validity.not_before)?,
            not_after: moment(parsed.validity.not_after)?,
            sha256: fingerprint(der),
            file: file.to_owned(),
            loaded: Timestamp::now(),
        })
    }

    /// The same for the operator.
    pub(super) fn tell(&self) -> Value {
        let left = self.not_after.duration_since(Timestamp::now());
        json!({
            "subject": self.subject,
            "issuer": self.issuer,
            "names": self.names,
            "not_before": self.not_before.to_string(),
            "not_after": self.not_after.to_string(),
            "days_left": left.as_hours().div_euclid(24),
            "sha256": self.sha256,
            "file": self.file,
            "loaded_at": self.loaded.to_string(),
        })
    }
}

fn moment(time: Time) -> Option<Timestamp> {
    let since_1970 = SignedDuration::try_from(time.to_unix_duration()).ok()?;
    Timestamp::from_duration(since_1970).ok()
}

fn host(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(name.to_string()),
        GeneralName::IpAddress(bytes) => {
            let bytes = bytes.as_bytes();
            let v4 = || Some(IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?));
            let v6 = || Some(IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?));
            Some(v4().or_else(v6)?.to_string())
        }
        _ => None,
    }
}

/// As `openssl x509 -fingerprint -sha256` has it, but for the colons.
fn fingerprint(der: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(der) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02X}");
    }
    text
}
