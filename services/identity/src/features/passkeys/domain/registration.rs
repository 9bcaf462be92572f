//! A passkey that has just been made (§7.1).

use super::Party;
use super::authenticator_data::AuthenticatorData;
use super::client_data::ClientData;
use super::encoding::decode;
use super::key::Algorithm;
use super::objection::Objection;

/// An RSA key of 8192 bits is 1062 bytes long.
const LONGEST_KEY: usize = 1_200;
/// With such a key a second time, and what extensions say.
const LONGEST_DATA: usize = 4_096;
/// So long names may be (§4, "Credential ID").
const LONGEST_ID: usize = 1_023;
/// A name is to be unguessable.
const SHORTEST_ID: usize = 16;

/// What a browser answers when it was asked for a new passkey.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) client_data: ClientData,
    authenticator_data: AuthenticatorData,
    algorithm: i32,
    public_key: Vec<u8>,
}

/// What is kept of a passkey.
#[derive(Debug)]
pub(crate) struct NewPasskey {
    pub(crate) credential_id: Vec<u8>,
    pub(crate) algorithm: Algorithm,
    pub(crate) public_key: Vec<u8>,
    pub(crate) counter: u32,
    pub(crate) backup_eligible: bool,
}

impl Registration {
    pub(crate) fn read(
        client_data: &str,
        authenticator_data: &str,
        algorithm: i32,
        public_key: &str,
    ) -> Option<Self> {
        let client_data = decode(client_data, 1..=LONGEST_DATA)?;
        let authenticator_data = decode(authenticator_data, 1..=LONGEST_DATA)?;
        Some(Self {
            client_data: ClientData::read(&client_data)?,
            authenticator_data: AuthenticatorData::read(&authenticator_data)?,
            algorithm,
            public_key: decode(public_key, 1..=LONGEST_KEY)?,
        })
    }

    /// Everything but the challenge, and whether some account has it already.
    pub(crate) fn judge(self, party: Party<'_>) -> Result<NewPasskey, Objection> {
        self.client_data.judge("webauthn.create", party)?;
        self.authenticator_data.judge(party)?;
        let backup_eligible = self.authenticator_data.is_backup_eligible();
        let id = self.authenticator_data.credential_id;
        let id = id.filter(|id| (SHORTEST_ID..=LONGEST_ID).contains(&id.len()));
        let credential_id = id.ok_or(Objection::Unreadable)?;
        let algorithm = Algorithm::of_number(self.algorithm);
        let algorithm = algorithm.filter(|it| it.fits(&self.public_key));
        Ok(NewPasskey {
            credential_id,
            algorithm: algorithm.ok_or(Objection::PublicKey)?,
            public_key: self.public_key,
            counter: self.authenticator_data.counter,
            backup_eligible,
        })
    }
}
