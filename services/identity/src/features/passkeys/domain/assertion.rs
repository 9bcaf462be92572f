//! A sign-in with a passkey (§7.2).

use super::Party;
use super::authenticator_data::AuthenticatorData;
use super::client_data::ClientData;
use super::encoding::decode;
use super::key::Algorithm;
use super::objection::Objection;
use aws_lc_rs::digest::{SHA256, digest};

/// So long names may be (§4, "Credential ID").
const LONGEST_ID: usize = 1_023;
/// So long user handles may be (§4, "User Handle").
const LONGEST_HANDLE: usize = 64;
const LONGEST_DATA: usize = 4_096;
/// One of an RSA key of 8192 bits.
const LONGEST_SIGNATURE: usize = 1_024;

/// What a browser sends when it was asked for a passkey, each in base64.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent<'a> {
    pub(crate) credential_id: &'a str,
    pub(crate) user_handle: &'a str,
    pub(crate) client_data: &'a str,
    pub(crate) authenticator_data: &'a str,
    pub(crate) signature: &'a str,
}

/// The same, read.
#[derive(Debug)]
pub(crate) struct Assertion {
    pub(crate) credential_id: Vec<u8>,
    user_handle: Vec<u8>,
    pub(crate) client_data: ClientData,
    authenticator_data: AuthenticatorData,
    /// What is signed: the authenticator's words, and the hash of the browser's.
    message: Vec<u8>,
    signature: Vec<u8>,
}

/// What is known of the passkey.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) user_handle: Vec<u8>,
    pub(crate) algorithm: i32,
    pub(crate) public_key: Vec<u8>,
    pub(crate) backup_eligible: bool,
}

impl Assertion {
    pub(crate) fn read(sent: Sent<'_>) -> Option<Self> {
        let client_data = decode(sent.client_data, 1..=LONGEST_DATA)?;
        let authenticator_data = decode(sent.authenticator_data, 1..=LONGEST_DATA)?;
        let hash = digest(&SHA256, &client_data);
        Some(Self {
            credential_id: decode(sent.credential_id, 1..=LONGEST_ID)?,
            // Some authenticators leave it out of what they do not store themselves: then it is nobody's.
            user_handle: decode(sent.user_handle, 0..=LONGEST_HANDLE)?,
            client_data: ClientData::read(&client_data)?,
            authenticator_data: AuthenticatorData::read(&authenticator_data)?,
            message: [&authenticator_data, hash.as_ref()].concat(),
            signature: decode(sent.signature, 1..=LONGEST_SIGNATURE)?,
        })
    }

    /// Everything but the challenge and the counter, which is given.
    pub(crate) fn judge(&self, party: Party<'_>, known: &Known) -> Result<u32, Objection> {
        self.client_data.judge("webauthn.get", party)?;
        if self.user_handle != known.user_handle {
            return Err(Objection::UserHandle);
        }
        self.authenticator_data.judge(party)?;
        // A passkey is born as one that can be copied, or as one that cannot.
        if self.authenticator_data.is_backup_eligible() != known.backup_eligible {
            return Err(Objection::BackupFlags);
        }
        let algorithm = Algorithm::of_number(known.algorithm).ok_or(Objection::PublicKey)?;
        if !algorithm.is_signed(&known.public_key, &self.message, &self.signature) {
            return Err(Objection::Signature);
        }
        Ok(self.authenticator_data.counter)
    }
}
