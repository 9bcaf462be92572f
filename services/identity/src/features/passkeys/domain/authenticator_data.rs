//! What the authenticator says (§6.1).

use super::Party;
use super::objection::Objection;
use aws_lc_rs::digest::{SHA256, digest};

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const WITH_CREDENTIAL: u8 = 1 << 6;
const WITH_EXTENSIONS: u8 = 1 << 7;

/// What the authenticator says.
#[derive(Debug)]
pub(crate) struct AuthenticatorData {
    party_hash: [u8; 32],
    flags: u8,
    pub(crate) counter: u32,
    /// The name of the passkey, where it has just been made.
    pub(crate) credential_id: Option<Vec<u8>>,
}

impl AuthenticatorData {
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (party_hash, rest) = bytes.split_first_chunk::<32>()?;
        let (flags, rest) = rest.split_first()?;
        let (counter, rest) = rest.split_first_chunk::<4>()?;
        let credential_id = if flags & WITH_CREDENTIAL != 0 {
            // The model of the authenticator, which without attestation is hearsay.
            let (_, rest) = rest.split_first_chunk::<16>()?;
            let (length, rest) = rest.split_first_chunk::<2>()?;
            let (id, key) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
            // The key follows, as CBOR; we take it from the browser, which knows how to read it.
            (!key.is_empty()).then(|| Some(id.to_vec()))?
        } else if flags & WITH_EXTENSIONS == 0 && !rest.is_empty() {
            return None;
        } else {
            None
        };
        Some(Self {
            party_hash: *party_hash,
            flags: *flags,
            counter: u32::from_be_bytes(*counter),
            credential_id,
        })
    }

    /// Whether it can be copied to other devices of its owner.
    pub(crate) const fn is_backup_eligible(&self) -> bool {
        self.flags & BACKUP_ELIGIBLE != 0
    }

    pub(crate) fn judge(&self, party: Party<'_>) -> Result<(), Objection> {
        if digest(&SHA256, party.id.as_bytes()).as_ref() != self.party_hash {
            return Err(Objection::PartyId);
        }
        if self.flags & USER_PRESENT == 0 {
            return Err(Objection::UserPresence);
        }
        if self.flags & USER_VERIFIED == 0 {
            return Err(Objection::UserVerification);
        }
        if self.flags & BACKED_UP != 0 && !self.is_backup_eligible() {
            return Err(Objection::BackupFlags);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(flags: u8, rest: &[u8]) -> Vec<u8> {
        let mut bytes = digest(&SHA256, b"a.example").as_ref().to_vec();
        bytes.extend([flags, 0, 0, 1, 2]);
        bytes.extend(rest);
        bytes
    }

    #[test]
    fn it_is_read_to_its_end_and_not_beyond() {
        let read = AuthenticatorData::read(&bytes(5, &[])).unwrap();
        assert_eq!((read.counter, read.credential_id), (258, None));
        let made = [[7; 16].as_slice(), &[0, 3, 1, 2, 3, 0xa5]].concat();
        let read = AuthenticatorData::read(&bytes(0x45, &made)).unwrap();
        assert_eq!(read.credential_id.unwrap(), [1, 2, 3]);
        // Bytes that nothing announces; a name that is longer than what there is; no key.
        assert!(AuthenticatorData::read(&bytes(5, &[0])).is_none());
        assert!(AuthenticatorData::read(&bytes(0x45, &made[..20])).is_none());
        assert!(AuthenticatorData::read(&bytes(0x45, &made[..21])).is_none());
        for length in 0..37 {
            assert!(AuthenticatorData::read(&bytes(5, &[])[..length]).is_none());
        }
    }

    #[test]
    fn each_flag_counts() {
        let judge = |flags, id| {
            let data = AuthenticatorData::read(&bytes(flags, &[])).unwrap();
            let origin = "https://a.example";
            data.judge(Party { origin, id })
        };
        for good in [0b0101, 0b1101, 0b1_1101] {
            assert_eq!(judge(good, "a.example"), Ok(()));
        }
        assert_eq!(judge(5, "b.example"), Err(Objection::PartyId));
        assert_eq!(judge(4, "a.example"), Err(Objection::UserPresence));
        assert_eq!(judge(1, "a.example"), Err(Objection::UserVerification));
        assert_eq!(judge(0b1_0101, "a.example"), Err(Objection::BackupFlags));
    }
}
